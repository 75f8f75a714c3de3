/**
 * Gateways die whenever they like, but for the time in which Redis loses its data: what one has reserved it tells Redis itself,
 * so that a dead one's reservations would be lost with the data until its folder is taken up again.
 */
export class Deaths {
  #underWay = 0;
  #hold;
  #onNone = () => undefined;

  /** A gateway dies in it, and lives again at its end. */
  async during(act) {
    while (this.#hold !== undefined) await this.#hold;
    this.#underWay += 1;
    try {
      return await act();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) this.#onNone();
    }
  }

  /** None is dead in it. One at a time. */
  async without(act) {
    let letGo;
    this.#hold = new Promise((resolve) => (letGo = resolve));
    try {
      if (this.#underWay > 0) await new Promise((resolve) => (this.#onNone = resolve));
      return await act();
    } finally {
      this.#onNone = () => undefined;
      this.#hold = undefined;
      letGo();
    }
  }
}
