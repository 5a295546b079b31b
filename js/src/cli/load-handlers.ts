import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { AddHandlers, HandlersByType } from "../testing/rehearse/handlers.ts";

/**
 * Imports a module, ESM or CommonJS, and returns its handlers: `export default` or `export const handlers`, each an object of
 * functions by event type or a function that takes a receiver.
 * @throws Error when the module cannot be imported or has no handlers
 */
export async function loadHandlers(path: string): Promise<HandlersByType | AddHandlers> {
  const module = (await import(pathToFileURL(resolve(path)).href).catch((cause: unknown) => {
    throw new Error(`${path}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  })) as Exports;
  // `default` of CommonJS is `module.exports`, in which a compiler may have put the exports of an ES module.
  const inner = isObject(module.default) ? (module.default as Exports) : {};
  const found = [module.handlers, inner.handlers, inner.default, module.default].find(isHandlers);
  if (found !== undefined) return found;
  throw new Error(
    `${path}: no handlers: export as \`default\` or \`handlers\` an object of functions by event type, or a function that takes a receiver`,
  );
}

interface Exports {
  readonly default?: unknown;
  readonly handlers?: unknown;
}

function isHandlers(value: unknown): value is HandlersByType | AddHandlers {
  if (typeof value === "function") return true;
  const members = isObject(value) ? Object.values(value) : [];
  return members.length > 0 && members.every((member) => typeof member === "function");
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
