import { describeAdmission } from "../admission.conformance.test.support.js";
import { EmbeddedAdmission } from "./embedded-admission.js";

describeAdmission("embedded admission", (time) => new EmbeddedAdmission({ nowMs: () => time.nowMs }));
