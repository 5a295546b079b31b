// Cuts a module in two: what ran while it was watched, and all else.
//
// A function of the other part has a stub in the part that names it, which goes on in the table. Its place there is empty
// while the second part is not there, and who calls an empty place stops: so both together do what the module did, whatever
// ran while it was watched, and the first one alone does it or stops. The table it is because for each function that is
// exported, and for each form of functions that are imported, a runtime makes a wrapper when it compiles the module; the
// first part imports none, and reaches what the module imports as it reaches the second part.
import { OP, Reader, SECTION, assembled, bodies, bytesOf, callees, leb, listed, sections, signedLeb, type Body } from "./module.ts";

const [FUNCTION, TABLE, MEMORY, GLOBAL] = [0, 1, 2, 3];
const [FUNCTION_TYPE, REFERENCE] = [0x60, 0x70];
/** What the second part imports the first by. */
const FIRST = "first";

interface Parts {
  readonly found: Map<number, Uint8Array>;
  /** How many parameters functions of a type have. */
  readonly parameters: readonly number[];
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
  const imported = imports.list(() =>
    imports.span(() => {
      imports.name();
      imports.name();
      expect(imports.byte(), FUNCTION);
      typesOfImports.push(imports.number());
    }));
  const segments = elements.list(() => {
    expect(elements.number(), 0);
    const offset = elements.span(() => (expect(elements.byte(), OP.CONST), elements.number(), expect(elements.byte(), OP.END)));
    return { offset, functions: elements.list(() => elements.number()) };
  });
  const [segment] = segments;
  if (segment === undefined || segments.length > 1) throw new Error("the module has not one list of functions for its table");
  return {
    found,
    imports: imported,
    elements: segment,
    parameters: types.list(() => {
      expect(types.byte(), FUNCTION_TYPE);
      const { length } = types.list(() => types.byte());
      types.list(() => types.byte());
      return length;
    }),
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

/** Both parts; `ran` has the functions of the first, counted without imported ones. */
export function split(bytes: Uint8Array, ran: ReadonlySet<number>): readonly [first: Uint8Array<ArrayBuffer>, second: Uint8Array<ArrayBuffer>] {
  const parts = partsOf(bytes);
  const imported = parts.imports.length;
  const all = [...parts.functions.keys()];
  const isOwn = (index: number): boolean => index >= imported;
  const isFirst = (index: number): boolean => isOwn(index) && ran.has(index - imported);
  const body = (index: number): Body => parts.bodies[index - imported]!;
  const [firsts, seconds] = [all.filter(isFirst), all.filter((index) => !isFirst(index))];
  const called = (part: readonly number[]): number[] => part.filter(isOwn).flatMap((index) => callees(body(index)));
  const entered = [...parts.elements.functions, ...parts.exports.filter(({ kind }) => kind === FUNCTION).map(({ index }) => index)];
  // What each part names of the other, and where it stands in the table: behind what stood there, first that of the second.
  const [byFirst, bySecond] = [new Set([...called(firsts), ...entered]), new Set(called(seconds))];
  const fromFirst = seconds.filter((index) => byFirst.has(index));
  const fromSecond = firsts.filter((index) => bySecond.has(index));
  const table = parts.tables[0]!;
  const slots = [...fromFirst, ...fromSecond];
  const slot = (index: number): number[] => [OP.CONST, ...signedLeb(table.least + slots.indexOf(index))];
  if (table.type !== REFERENCE) throw new Error("the module has no table of functions");
  if (fromFirst.length === 0 || fromSecond.length === 0) throw new Error("a part names nothing of the other");

  const firstOrder = all.filter((index) => isFirst(index) || fromFirst.includes(index));
  const ofSecond = [...fromSecond, ...seconds.filter(isOwn)];
  const secondOrder = [...parts.imports.keys(), ...ofSecond];
  const inFirst = (index: number): number => firstOrder.indexOf(index);
  const inSecond = (index: number): number => secondOrder.indexOf(index);
  const stub = (index: number): number[] => {
    const type = parts.functions[index]!;
    const parameters = Array.from({ length: parts.parameters[type]! }, (_, at) => [OP.LOCAL_GET, ...leb(at)]).flat();
    const code = [0, ...parameters, ...slot(index), OP.CALL_INDIRECT, ...leb(type), 0, OP.END];
    return [...leb(code.length), ...code];
  };
  const segment = (offset: ArrayLike<number>, functions: readonly number[]): number[] => [0, ...Array.from(offset), ...listed(functions.map((index) => leb(index)))];
  const placed = (functions: readonly number[], numbered: (index: number) => number): number[] =>
    segment([...slot(functions[0]!), OP.END], functions.map(numbered));
  const typesOf = (functions: readonly number[]): number[] => listed(functions.map((index) => leb(parts.functions[index]!)));

  const limits = (least: number, most: number | undefined): number[] => (most === undefined ? [0, ...leb(least)] : [1, ...leb(least), ...leb(most)]);
  const tables = parts.tables.map(({ type, least, most }, at) => {
    const more = at === 0 ? slots.length : 0;
    return [type, ...limits(least + more, most === undefined ? undefined : most + more)];
  });
  const shared: readonly { readonly name: string; readonly kind: number; readonly index: number; readonly type: ArrayLike<number> }[] = [
    ...tables.map((type, index) => ({ name: `t${index}`, kind: TABLE, index, type })),
    { name: "m", kind: MEMORY, index: 0, type: parts.found.get(SECTION.MEMORIES)!.subarray(1) },
    ...parts.globals.map(({ type }, index) => ({ name: `g${index}`, kind: GLOBAL, index, type })),
  ];

  const first = new Map<number, ArrayLike<number>>(parts.found);
  first.delete(SECTION.IMPORTS);
  first.set(SECTION.FUNCTIONS, typesOf(firstOrder));
  first.set(SECTION.TABLES, listed(tables));
  first.set(SECTION.EXPORTS, listed([
    ...parts.exports.map(({ name, kind, index }) => [...leb(name.length), ...name, kind, ...leb(kind === FUNCTION ? inFirst(index) : index)]),
    ...shared.map(({ name, kind, index }) => [...text(name), kind, ...leb(index)]),
  ]));
  first.set(SECTION.ELEMENTS, listed([segment(parts.elements.offset, parts.elements.functions.map(inFirst)), placed(fromSecond, inFirst)]));
  first.set(SECTION.CODE, listed(firstOrder.map((index) => (isFirst(index) ? bytesOf(body(index), inFirst) : stub(index)))));

  const second = new Map<number, ArrayLike<number>>([
    [SECTION.TYPES, parts.found.get(SECTION.TYPES)!],
    [SECTION.IMPORTS, listed([...parts.imports, ...shared.map(({ name, kind, type }) => [...text(FIRST), ...text(name), kind, ...Array.from(type)])])],
    [SECTION.FUNCTIONS, typesOf(ofSecond)],
    [SECTION.ELEMENTS, listed([placed(fromFirst, inSecond)])],
    [SECTION.CODE, listed(ofSecond.map((index) => (isFirst(index) ? stub(index) : bytesOf(body(index), inSecond))))],
  ]);
  return [assembled(first), assembled(second)];
}
