// A receiver's place in the core.
import * as glue from "./core_bg.js";
import { callCore, instance } from "./loader.ts";

/** The number of a receiver, and the instance of the core that knows it. */
interface Place {
  number: number;
  instance: number;
}

/**
 * Closes receivers that were collected. workerd has no registry before compatibility date 2025-05-05; there a receiver
 * stays until its isolate ends.
 */
const collected =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Place>((place) => {
        if (place.instance === instance()) callCore(() => glue.close(place.number));
      });

/** Holds a receiver of the core, and opens it again in an instance that does not have it. */
export class Slot {
  readonly #settings: object;
  readonly #place: Place = { number: 0, instance: 0 };

  /** @throws WebhookError when the settings cannot be used */
  constructor(settings: object) {
    this.#settings = settings;
    callCore(() => this.number);
    collected?.register(this, this.#place);
  }

  /** The receiver's number in the core. Read it only inside `callCore`. */
  get number(): number {
    if (this.#place.instance !== instance()) {
      this.#place.number = glue.open(this.#settings);
      this.#place.instance = instance();
    }
    return this.#place.number;
  }
}
