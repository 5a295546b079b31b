// A WebAssembly module taken apart, as far as the build has to look into it: sections, functions and instructions.

export const SECTION = { TYPES: 1, IMPORTS: 2, FUNCTIONS: 3, TABLES: 4, MEMORIES: 5, GLOBALS: 6, EXPORTS: 7, START: 8, ELEMENTS: 9, CODE: 10 } as const;

/** The opcodes that the build knows by name. */
export const OP = { END: 0x0b, CALL: 0x10, CALL_INDIRECT: 0x11, LOCAL_GET: 0x20, STORE_BYTE: 0x3a, CONST: 0x41, IS_NULL: 0xd1, FUNC: 0xd2 } as const;

/** An unsigned number in LEB128. */
export function leb(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** A signed number in LEB128, of one that is not negative. */
export function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 63; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return [...bytes, value];
}

/** Bytes that are read from the front. */
export class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new Error("the module ends too early");
    this.at += 1;
    return byte;
  }

  /** An unsigned number in LEB128; of a signed one, only its end counts. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  /** What `read` moved over. */
  span(read: () => unknown): Uint8Array {
    const start = this.at;
    read();
    return this.bytes.subarray(start, this.at);
  }

  /** As many things as a number in front of them says. */
  list<Item>(read: () => Item): Item[] {
    return Array.from({ length: this.number() }, read);
  }

  name(): Uint8Array {
    const length = this.number();
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** The locals of a function. */
  locals(): void {
    this.list(() => {
      this.number();
      this.byte();
    });
  }

  /** Moves behind the operands of an instruction. */
  operands(opcode: number): void {
    const numbers = (count: number): void => {
      for (let done = 0; done < count; done += 1) this.number();
    };
    if (opcode === 0x0e) numbers(this.number() + 1);
    else if (opcode === OP.CALL_INDIRECT || (opcode >= 0x28 && opcode <= 0x3e)) numbers(2);
    else if (opcode === 0x1c) numbers(this.number());
    else if (opcode === 0x43) this.at += 4;
    else if (opcode === 0x44) this.at += 8;
    else if ([0x02, 0x03, 0x04, 0x0c, 0x0d, OP.CALL, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x3f, 0x40, 0x41, 0x42, 0xd0, OP.FUNC].includes(opcode)) numbers(1);
    else if (opcode === 0xfc) {
      const kind = this.number();
      numbers(kind < 8 ? 0 : [8, 10, 12, 14].includes(kind) ? 2 : 1);
    } else if (opcode === 0xfd) {
      const kind = this.number();
      if (kind <= 11 || (kind >= 84 && kind <= 93)) numbers(2);
      if (kind === 12 || kind === 13) this.at += 16;
      if ((kind >= 21 && kind <= 34) || (kind >= 84 && kind <= 91)) this.at += 1;
    } else if (!(opcode <= 0x01 || opcode === 0x05 || opcode === 0x0b || opcode === 0x0f || opcode === 0x1a || opcode === 0x1b || (opcode >= 0x45 && opcode <= 0xc4) || opcode === OP.IS_NULL)) {
      throw new Error(`opcode ${opcode} is not known`);
    }
  }
}

/** The sections of a module, by their numbers. Those that are for people and tools are left out. */
export function sections(bytes: Uint8Array): Map<number, Uint8Array> {
  const reader = new Reader(bytes, 8);
  const found = new Map<number, Uint8Array>();
  while (reader.at < bytes.length) {
    const section = reader.byte();
    const content = reader.name();
    if (section > 0) found.set(section, content);
  }
  return found;
}

/** A module of such sections. */
export function assembled(found: ReadonlyMap<number, ArrayLike<number>>): Uint8Array<ArrayBuffer> {
  const [COUNT_OF_DATA, BEFORE_CODE] = [12, 9.5];
  const place = (section: number): number => (section === COUNT_OF_DATA ? BEFORE_CODE : section);
  const ordered = [...found].sort(([one], [other]) => place(one) - place(other));
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return Uint8Array.from([header, ...ordered.map(([section, content]) => [section, ...leb(content.length), ...Array.from(content)])].flat());
}

/** A list as a section has it: a number, and that many things. */
export function listed(items: readonly ArrayLike<number>[]): number[] {
  return [...leb(items.length), ...items.flatMap((item) => Array.from(item))];
}

/** A function: the types of its locals, and its instructions up to the last `end`, included. */
export interface Body {
  readonly locals: Uint8Array;
  readonly instructions: readonly Instruction[];
}

export interface Instruction {
  readonly opcode: number;
  readonly operands: Uint8Array;
}

export function bodies(code: Uint8Array): Body[] {
  const reader = new Reader(code);
  return reader.list(() => {
    const end = reader.number() + reader.at;
    const locals = reader.span(() => reader.locals());
    const instructions: Instruction[] = [];
    while (reader.at < end) {
      const opcode = reader.byte();
      instructions.push({ opcode, operands: reader.span(() => reader.operands(opcode)) });
    }
    return { locals, instructions };
  });
}

/** The functions that a function names. */
export function callees({ instructions }: Body): number[] {
  return instructions.filter(({ opcode }) => opcode === OP.CALL || opcode === OP.FUNC).map(({ operands }) => new Reader(operands).number());
}

/** The bytes of a function, its callees under other numbers, and other instructions in front of its own. */
export function bytesOf({ locals, instructions }: Body, renumbered: (callee: number) => number, before: readonly number[] = []): number[] {
  const code = instructions.flatMap(({ opcode, operands }) => {
    const names = opcode === OP.CALL || opcode === OP.FUNC;
    return [opcode, ...(names ? leb(renumbered(new Reader(operands).number())) : operands)];
  });
  return [...leb(locals.length + before.length + code.length), ...locals, ...before, ...code];
}
