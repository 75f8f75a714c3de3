import { type AuditedTeam, auditImageSpend } from "@darkroom/accounts";
import { formatUsd, listPricesVersion } from "@darkroom/cost-calculator";
import { LedgerQueryError, attemptFilterOf } from "../../ledger/query.js";
import { CommandError } from "../command-error.js";
import { dollars } from "../ledger/cells.js";
import { printable } from "../printable.js";
import { table } from "../table.js";
import { type DatabaseOptions, withLiteLlm } from "./database.js";

export interface AuditOptions extends DatabaseOptions {
  readonly since?: string;
  readonly until?: string;
  readonly json: boolean;
}

/** `darkroom audit litellm`: what LiteLLM has recorded of image edits, and what they truly cost. */
export async function printAudit(options: AuditOptions): Promise<void> {
  const { sinceMs, untilMs } = spanOf(options);
  const span = { ...(sinceMs !== undefined && { sinceMs }), ...(untilMs !== undefined && { untilMs }) };
  const teams = await withLiteLlm(options, (database) => auditImageSpend(database, span));
  console.log(
    options.json ? JSON.stringify({ prices: listPricesVersion, teams: teams.map(asJson) }) : shown(teams),
  );
}

function spanOf(options: AuditOptions) {
  try {
    return attemptFilterOf(options, Date.now());
  } catch (error) {
    if (error instanceof LedgerQueryError) throw new CommandError(`--${error.field}: ${error.message}`);
    throw error;
  }
}

function asJson({
  teamId,
  edits,
  recordedNanoUsd,
  known,
  bounded,
  unknown,
  unknownRecordedNanoUsd,
}: AuditedTeam) {
  return {
    team_id: teamId ?? null,
    edits,
    recorded_usd: formatUsd(recordedNanoUsd),
    known: {
      edits: known.edits,
      recorded_usd: formatUsd(known.recordedNanoUsd),
      true_usd: formatUsd(known.trueNanoUsd),
      difference_usd: formatUsd(known.trueNanoUsd - known.recordedNanoUsd),
    },
    bounded: {
      edits: bounded.edits,
      recorded_usd: formatUsd(bounded.recordedNanoUsd),
      least_usd: formatUsd(bounded.leastNanoUsd),
      most_usd: formatUsd(bounded.mostNanoUsd),
    },
    unknown: {
      edits: unknown["no usage"] + unknown["no price"],
      recorded_usd: formatUsd(unknownRecordedNanoUsd),
      no_usage: unknown["no usage"],
      no_price: unknown["no price"],
    },
  };
}

function shown(teams: readonly AuditedTeam[]): string {
  if (teams.length === 0) return "LiteLLM has logged no image edit in that time.";
  const sum = (of: (team: AuditedTeam) => number): number =>
    teams.reduce((total, team) => total + of(team), 0);
  const [bounded, noUsage, noPrice] = [
    sum((team) => team.bounded.edits),
    sum(({ unknown }) => unknown["no usage"]),
    sum(({ unknown }) => unknown["no price"]),
  ];
  return [
    table<AuditedTeam>(
      [
        ["team", ({ teamId }) => printable(teamId ?? "(none)")],
        ["edits", ({ edits }) => String(edits)],
        ["known", ({ known }) => String(known.edits)],
        ["recorded", ({ known }) => dollars(known.recordedNanoUsd)],
        ["true", ({ known }) => dollars(known.trueNanoUsd)],
        ["difference", ({ known }) => dollars(known.trueNanoUsd - known.recordedNanoUsd)],
        ["within bounds", (team) => String(team.bounded.edits)],
        ["recorded", (team) => dollars(team.bounded.recordedNanoUsd)],
        ["at least", (team) => dollars(team.bounded.leastNanoUsd)],
        ["at most", (team) => dollars(team.bounded.mostNanoUsd)],
        ["unknown", ({ unknown }) => String(unknown["no usage"] + unknown["no price"])],
        ["recorded", (team) => dollars(team.unknownRecordedNanoUsd)],
      ],
      teams,
    ),
    "",
    `By the list prices of ${listPricesVersion}. Failed edits are not in it: LiteLLM keeps nothing of what was charged for them.`,
    ...(bounded === 0
      ? []
      : [
          `Of ${bounded} edits only totals of tokens are kept: the input may have been text or images, which cost differently.`,
        ]),
    ...(noUsage === 0 ? [] : [`Of ${noUsage} edits nothing is kept that a price could be reckoned from.`]),
    ...(noPrice === 0 ? [] : [`${noPrice} edits were of models without a known price.`]),
  ].join("\n");
}
