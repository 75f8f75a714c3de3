import { type AccountSettings, defaults, millisecondsOf } from "../gateway-config.js";
import type { BudgetSettings } from "./budgets.js";
import type { FileSettings } from "./schema.js";

/** What a file says of keys, teams and budgets. */
export function accountSettings(
  { general_settings: general, litellm_settings: litellm }: FileSettings,
  accessGroups: AccountSettings["accessGroups"],
  budgets: BudgetSettings,
): AccountSettings {
  const { user_header_mappings: mappings = [], user_header_name, directory_grace, budget_reset } = general;
  const customers = mappings.filter(
    ({ litellm_user_role: role }) => role === undefined || role === "customer",
  );
  return {
    directoryGraceMs:
      directory_grace === undefined ? defaults.accounts.directoryGraceMs : millisecondsOf(directory_grace),
    customerHeaders: [
      ...customers.map(({ header_name }) => header_name),
      ...(user_header_name === undefined ? [] : [user_header_name]),
    ],
    calendar: {
      ...(litellm.timezone !== undefined && { timeZone: litellm.timezone }),
      ...(litellm.budget_reset_time !== undefined && { resetMinutes: minutesOf(litellm.budget_reset_time) }),
      ...(budget_reset !== undefined && { reset: budget_reset }),
    },
    newKeyDefaults: litellm.default_key_generate_params ?? {},
    newKeyBounds: litellm.upperbound_key_generate_params ?? {},
    accessGroups,
    ...budgets,
  };
}

/** Of a time such as 06:30. */
function minutesOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(":").map(Number);
  return hours * 60 + minutes;
}
