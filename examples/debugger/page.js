// The page's fields, and calls into the library that may fail.

export const at = (id) => document.querySelector(`#${id}`);
export const field = (id) => at(id).value.trim();

/** What `act` returns, or the failure that it throws. */
export function tried(act) {
  try {
    return { found: act() };
  } catch (error) {
    // The library's failures, and JSON that is being typed.
    if (!["WebhookError", "SyntaxError", "TypeError"].includes(error.name)) throw error;
    return { error };
  }
}
