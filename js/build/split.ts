// Cuts a module into parts: groups of functions that ran while it was watched, and all others. The first part is there from
// the start, each other one is made when the first of its functions is called.
//
// A function of another part has a stub in each part that names it: it has that part made if the function's place in the
// table is still empty, and goes on in it. So all parts together do what the module did, whatever ran while it was watched.
// They find each other in the table because for each export a runtime makes a wrapper that JavaScript could call it by.
import { OP, Reader, SECTION, assembled, bodies, bytesOf, callees, leb, listed, sections, signedLeb, type Body } from "./module.ts";

const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];
const [FUNCTION_TYPE, REFERENCE] = [0x60, 0x70];
/** What the first part imports to have others made, by their numbers; and what these import the first by. */
const [LOAD, FIRST] = ["load", "first"];

interface Parts {
  readonly found: Map<number, Uint8Array>;
  readonly types: readonly { readonly bytes: Uint8Array; readonly parameters: number; readonly results: number }[];
  /** By function, imported ones first, the number of its type. */
  readonly functions: readonly number[];
  readonly imports: readonly Uint8Array[];
  readonly tables: readonly { readonly type: number; readonly least: number; readonly most: number | undefined }[];
  readonly globals: readonly { readonly type: Uint8Array }[];
  readonly bodies: readonly Body[];
  readonly exports: readonly { readonly name: Uint8Array; readonly kind: number; readonly index: number }[];
  readonly elements: { readonly offset: Uint8Array; readonly functions: readonly number[] };
}

const text = (name: string): number[] => [...leb(name.length), ...new TextEncoder().encode(name)];

function partsOf(bytes: Uint8Array): Parts {
  const found = sections(bytes);
  const read = (section: number): Reader => new Reader(found.get(section) ?? Uint8Array.of(0));
  const types = read(SECTION.TYPES);
  const imports = read(SECTION.IMPORTS);
  const functions = read(SECTION.FUNCTIONS);
  const tables = read(SECTION.TABLES);
  const globals = read(SECTION.GLOBALS);
  const exports = read(SECTION.EXPORTS);
  const elements = read(SECTION.ELEMENTS);
  const typesOfImports: number[] = [];
  const expect = (value: number, ...allowed: number[]): number => {
    if (!allowed.includes(value)) throw new Error(`the module has a form that is not known: ${value}, where ${allowed.join(" or ")} can be`);
    return value;
  };
  if (found.has(SECTION.START)) throw new Error("the module has a start function");
  return {
    found,
    types: types.list(() => {
      let [parameters, results] = [0, 0];
      const whole = types.span(() => {
        expect(types.byte(), FUNCTION_TYPE);
        parameters = types.list(() => types.byte()).length;
        results = types.list(() => types.byte()).length;
      });
      return { bytes: whole, parameters, results };
    }),
    imports: imports.list(() =>
      imports.span(() => {
        imports.name();
        imports.name();
        expect(imports.byte(), FUNCTION);
        typesOfImports.push(imports.number());
      })),
    functions: [...typesOfImports, ...functions.list(() => functions.number())],
    tables: tables.list(() => {
      const type = tables.byte();
      const isBounded = expect(tables.byte(), 0, 1) === 1;
      return { type, least: tables.number(), most: isBounded ? tables.number() : undefined };
    }),
    globals: globals.list(() => {
      const type = globals.span(() => (globals.byte(), globals.byte()));
      expect(globals.byte(), OP.CONST);
      globals.number();
      expect(globals.byte(), OP.END);
      return { type };
    }),
    bodies: bodies(found.get(SECTION.CODE)!),
    exports: exports.list(() => ({ name: exports.name(), kind: exports.byte(), index: exports.number() })),
    elements: elements.list(() => {
      expect(elements.number(), 0);
      const offset = elements.span(() => (expect(elements.byte(), OP.CONST), elements.number(), expect(elements.byte(), OP.END)));
      return { offset, functions: elements.list(() => elements.number()) };
    })[0] ?? { offset: Uint8Array.of(OP.CONST, 0, OP.END), functions: [] },
  };
}

/** The module with a mark in memory for each of its functions, set when it runs, and where the first mark is. */
export function watched(bytes: Uint8Array): { readonly bytes: Uint8Array<ArrayBuffer>; readonly at: number; readonly count: number } {
  const parts = partsOf(bytes);
  const memory = new Reader(parts.found.get(SECTION.MEMORIES)!, 2);
  const pages = memory.number();
  const at = pages * 65_536;
  const mark = (number: number): number[] => [OP.CONST, ...signedLeb(at + number), OP.CONST, 1, OP.STORE_BYTE, 0, 0];
  const code = listed(parts.bodies.map((body, number) => bytesOf(body, (callee) => callee, mark(number))));
  const changed = new Map<number, ArrayLike<number>>(parts.found).set(SECTION.CODE, code).set(SECTION.MEMORIES, [1, 0, ...leb(pages + 1)]);
  return { bytes: assembled(changed), at, count: parts.bodies.length };
}

/** The parts; `groups` has the functions of all but the last one, counted without imported ones. */
export function split(bytes: Uint8Array, groups: readonly ReadonlySet<number>[]): readonly Uint8Array<ArrayBuffer>[] {
  const parts = partsOf(bytes);
  const imported = parts.imports.length;
  const load = parts.functions.length;
  const partOf = (index: number): number => {
    const found = groups.findIndex((group) => index < imported || index === load || group.has(index - imported));
    return found < 0 ? groups.length : found;
  };
  const places = [...parts.functions.keys(), load];
  const body = (index: number): Body => parts.bodies[index - imported]!;
  const named = new Map(places.map((index) => [index, index < imported || index === load ? [] : callees(body(index))]));
  const entered = [...parts.elements.functions, ...parts.exports.filter(({ kind }) => kind === FUNCTION).map(({ index }) => index)];
  /** The functions of other parts that a part names. */
  const foreign = Array.from({ length: groups.length + 1 }, (_, part) => {
    const wanted = places.filter((index) => partOf(index) === part).flatMap((index) => named.get(index)!);
    const found = new Set([...wanted, ...(part === 0 ? entered : [])].filter((index) => partOf(index) !== part));
    if (part > 0 && [...found].some((index) => partOf(index) > 0)) found.add(load);
    return [...found].sort((one, other) => one - other);
  });
  const table = parts.tables[0]!;
  const slots = [...new Set(foreign.flat())].sort((one, other) => partOf(one) - partOf(other) || one - other);
  const slot = (index: number): number => table.least + slots.indexOf(index);
  const typeOfLoad = parts.types.findIndex(({ bytes: [, ...shape] }) => shape.join() === "1,127,0");
  const typeOf = (index: number): number => (index === load ? typeOfLoad : parts.functions[index]!);
  if (typeOfLoad < 0 || table.type !== REFERENCE) throw new Error("the module has no type that is needed");

  /** A function that goes on in the table. */
  const stub = (index: number, numbered: (callee: number) => number): number[] => {
    const place = [OP.CONST, ...signedLeb(slot(index))];
    const part = partOf(index);
    const made = part === 0 ? [] : [...place, OP.TABLE_GET, 0, OP.IS_NULL, OP.IF, 0x40, OP.CONST, ...signedLeb(part), OP.CALL, ...leb(numbered(load)), OP.END];
    const parameters = Array.from({ length: parts.types[typeOf(index)]!.parameters }, (_, at) => [OP.LOCAL_GET, ...leb(at)]).flat();
    const code = [0, ...made, ...parameters, ...place, OP.CALL_INDIRECT, ...leb(typeOf(index)), 0, OP.END];
    return [...leb(code.length), ...code];
  };
  /** What all parts have alike: the functions of a part and its stubs, its places in the table, and the types. */
  const common = (part: number): Map<number, ArrayLike<number>> => {
    const before = part === 0 ? [...parts.imports.keys(), load] : [];
    const own = places.filter((index) => !before.includes(index) && (partOf(index) === part || foreign[part]!.includes(index)));
    const order = [...before, ...own];
    const numbered = (index: number): number => order.indexOf(index);
    const lent = slots.filter((index) => partOf(index) === part);
    const code = own.map((index) => (partOf(index) === part ? bytesOf(body(index), numbered) : stub(index, numbered)));
    const segment = (offset: ArrayLike<number>, functions: readonly number[]): number[] => [0, ...Array.from(offset), ...listed(functions.map((index) => leb(numbered(index))))];
    const elements = [segment([OP.CONST, ...signedLeb(slot(lent[0]!)), OP.END], lent)];
    if (part === 0) elements.unshift(segment(parts.elements.offset, parts.elements.functions));
    const exports = parts.exports.map(({ name, kind, index }) => [...leb(name.length), ...name, kind, ...leb(kind === FUNCTION ? numbered(index) : index)]);
    return new Map<number, ArrayLike<number>>([
      [SECTION.TYPES, parts.found.get(SECTION.TYPES)!],
      [SECTION.FUNCTIONS, listed(own.map((index) => leb(typeOf(index))))],
      [SECTION.ELEMENTS, listed(elements)],
      [SECTION.CODE, listed(code)],
      ...(part === 0 ? [[SECTION.EXPORTS, listed([...exports, ...shared.map(([kind, index]) => [...text(nameOf(kind, index)), kind, ...leb(index)])])] as const] : []),
    ]);
  };
  const limits = (least: number, most: number | undefined): number[] => (most === undefined ? [0, ...leb(least)] : [1, ...leb(least), ...leb(most)]);
  const tables = parts.tables.map(({ type, least, most }, at) => {
    const more = at === 0 ? slots.length : 0;
    return [type, ...limits(least + more, most === undefined ? undefined : most + more)];
  });
  const nameOf = (kind: number, index: number): string => `${" tmg"[kind]!}${index}`;
  const shared: readonly (readonly [kind: number, index: number])[] = [
    ...parts.tables.map((_, at) => [TABLE, at] as const), [MEMORY, 0], ...parts.globals.map((_, at) => [GLOBAL, at] as const),
  ];
  const memory = parts.found.get(SECTION.MEMORIES)!.subarray(1);
  const types = { [TABLE]: tables, [MEMORY]: [memory], [GLOBAL]: parts.globals.map(({ type }) => type) } as Record<number, readonly ArrayLike<number>[]>;
  const first = new Map<number, ArrayLike<number>>([...parts.found, ...common(0), [SECTION.TABLES, listed(tables)]]);
  first.set(SECTION.IMPORTS, listed([...parts.imports, [...text("./core_bg.js"), ...text(LOAD), FUNCTION, ...leb(typeOfLoad)]]));
  const others = groups.map((_, at) => {
    const imports = shared.map(([kind, index]) => [...text(FIRST), ...text(nameOf(kind, index)), kind, ...Array.from(types[kind]![index]!)]);
    return common(at + 1).set(SECTION.IMPORTS, listed(imports));
  });
  return [first, ...others].map(assembled);
}
