import type { Admission } from "./admission.js";
import { describeAdmitting } from "./conformance/admitting.test.support.js";
import { describeConstraints } from "./conformance/constraints.test.support.js";
import { HeldTime } from "./conformance/held-time.test.support.js";
import { describeLeases } from "./conformance/leases.test.support.js";
import { describeMoney } from "./conformance/money.test.support.js";
import { describeSettling } from "./conformance/settling.test.support.js";
import { describeWindows } from "./conformance/windows.test.support.js";

/** An admission without any state, and the time that it lives in. */
export interface FreshAdmission {
  readonly admission: Admission;
  readonly time: HeldTime;
}

/**
 * What every implementation owes. Each test has a fresh one, and moves its time by hand.
 * @param make an admission without any state whose only clock is the time that is given
 */
export function describeAdmission(
  name: string,
  make: (time: HeldTime) => Promise<Admission> | Admission,
): void {
  describe(name, () => {
    const made: Admission[] = [];
    const fresh = async (): Promise<FreshAdmission> => {
      const time = new HeldTime();
      const admission = await make(time);
      made.push(admission);
      return { admission, time };
    };
    afterEach(async () => {
      for (const admission of made.splice(0)) await admission.close();
    });

    describeAdmitting(fresh);
    describeWindows(fresh);
    describeLeases(fresh);
    describeMoney(fresh);
    describeSettling(fresh);
    describeConstraints(fresh);
  });
}
