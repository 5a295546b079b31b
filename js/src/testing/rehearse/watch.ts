// Watches which members of an event's data a handler reads.
import { isContainer, segment, type Container } from "./pointer.ts";

/** What was read, as JSON pointers into the data. */
export interface Reads {
  /** Members that were asked for and were there. */
  readonly found: ReadonlySet<string>;
  /** Members that were asked for in vain. */
  readonly missing: ReadonlySet<string>;
  /** Objects whose members were listed: by `Object.keys`, a spread, `JSON.stringify`. */
  readonly listed: ReadonlySet<string>;
}

/** Data that says what is read of it. */
export interface Watched {
  /** To be handed to the handler in place of the data. */
  readonly data: unknown;
  readonly reads: Reads;
  /** Records that all of the data was read, as text for example. */
  readAll(): void;
  /** Ends the recording. */
  stop(): void;
}

/**
 * Watches parsed JSON. The objects of `json` are changed: use only the data that is returned. Of what a handler may do with
 * it, only `structuredClone`, `postMessage` and their like find out that it is watched: they refuse it.
 */
export function watch(json: unknown): Watched {
  const found = new Set<string>();
  const missing = new Set<string>();
  const listed = new Set<string>();
  /** Pointers of every object and array. */
  const containers: string[] = [];
  let isOn = true;

  /**
   * Members hold the watched values themselves, so `get` returns what the target has. A proxy must do so once a handler has
   * frozen it, and the same object is the same at each read.
   */
  const watched = (value: unknown, pointer: string): unknown => {
    if (!isContainer(value)) return value;
    for (const key of Object.keys(value)) value[key] = watched(value[key], pointer + segment(key));
    containers.push(pointer);
    const note = (target: Container, key: string | symbol): void => {
      if (!isOn || typeof key === "symbol") return;
      if (Object.hasOwn(target, key)) found.add(pointer + segment(key));
      // What every object inherits, such as `toString`, is not asked of the data.
      else if (!(key in target)) missing.add(pointer + segment(key));
    };
    const proxy: Container = new Proxy(value, {
      get(target, key, receiver) {
        note(target, key);
        return Reflect.get(target, key, receiver) as unknown;
      },
      has(target, key) {
        note(target, key);
        return Reflect.has(target, key);
      },
      getOwnPropertyDescriptor(target, key) {
        note(target, key);
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
      ownKeys(target) {
        if (isOn) listed.add(pointer);
        return Reflect.ownKeys(target);
      },
      // Without this trap, a write to the proxy asks it for a descriptor, which would count as a read.
      set: (target, key, written, receiver) => Reflect.set(target, key, written, receiver === proxy ? target : receiver),
    });
    return proxy;
  };

  return {
    data: watched(json, ""),
    reads: { found, missing, listed },
    readAll() {
      if (isOn) for (const pointer of containers) listed.add(pointer);
    },
    stop() {
      isOn = false;
    },
  };
}
