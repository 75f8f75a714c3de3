import { type AttemptFilter, type LedgerAttempt, meterOf, parseTime } from "@darkroom/accounts";
import { formatUsd } from "@darkroom/cost-calculator";
import { z } from "zod";
import { caughtUp } from "../../ledger/caught-up.js";
import { day, dayAfter, daysFrom } from "../../reports/days.js";
import { groupedBy, spendFields, spentNanoUsd, totalOf } from "../../reports/sums.js";
import type { ManagementContext } from "../management/context.js";
import { type Call, type ManagementRoute, invalid, route } from "../management/management-route.js";
import { count, id, inDollars, isoTime, onOrOff, page, text } from "../management/values.js";
import { callerOfKey, keyIdsOfPayer, keyIdsOfUser, visibleKeyId } from "./asked.js";

/** Rows of an answer that has no pages. */
const mostLogs = 1_000;

const logSchema = z.looseObject({
  request_id: z.string(),
  spend: z.number(),
  spend_usd: z.string().nullable(),
});

const filters = {
  api_key: text.optional(),
  user_id: id.optional(),
  request_id: id.optional(),
};

/** LiteLLM's `/spend/logs`: what was sent to upstreams, a row an attempt. */
export function spendLogRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { ledger } = context;
  return [
    route({
      method: "get",
      paths: ["/spend/logs"],
      summary: "Attempts, the newest first, at most 1,000; with both dates: what was spent on each day",
      audience: "everybody",
      fields: {
        ...filters,
        start_date: day.optional(),
        end_date: day.optional(),
        summarize: onOrOff.default(true),
      },
      answer: z.array(z.looseObject({ spend: z.number() })),
      handle: async ({ start_date, end_date, summarize, ...asked }, call) => {
        await caughtUp(ledger);
        if (start_date !== undefined && end_date !== undefined && summarize && asked.request_id === undefined)
          return daysOf(context, call, asked, daysFrom(start_date, end_date));
        const filter = {
          ...(await filterOf(context, call, asked)),
          ...(start_date !== undefined && { sinceMs: Date.parse(start_date) }),
          ...(end_date !== undefined && { untilMs: Date.parse(dayAfter(end_date)) }),
        };
        const { rows } = await ledger.reports.attempts(filter, { limit: mostLogs });
        return rows.map(spendLog);
      },
    }),
    route({
      method: "get",
      paths: ["/spend/logs/v2", "/spend/logs/ui"],
      summary: "Attempts, the newest first, page by page",
      audience: "everybody",
      fields: {
        ...filters,
        team_id: id.optional(),
        end_user: id.optional(),
        model: text.optional(),
        model_id: text.optional(),
        status_filter: z.enum(["success", "failure"], { error: "expected success or failure" }).optional(),
        start_date: moment,
        end_date: moment,
        ...page,
        page_size: count
          .refine((value) => value >= 1 && value <= 1_000, { error: "expected 1 to 1000" })
          .default(50),
      },
      lacking: ["min_spend", "max_spend", "key_alias", "error_code", "sort_by", "sort_order"],
      answer: z.object({
        data: z.array(logSchema),
        total: z.number(),
        page: z.number(),
        page_size: z.number(),
        total_pages: z.number(),
      }),
      handle: async ({ start_date, end_date, page: number, page_size: limit, ...asked }, call) => {
        await caughtUp(ledger);
        const filter = {
          ...(await filterOf(context, call, asked)),
          sinceMs: start_date,
          untilMs: end_date + 1,
        };
        const total = await ledger.reports.count(filter);
        const { rows } = await ledger.reports.attempts(filter, { limit, skip: (number - 1) * limit });
        return {
          data: rows.map(spendLog),
          total,
          page: number,
          page_size: limit,
          total_pages: Math.ceil(total / limit),
        };
      },
    }),
  ];
}

/** `2026-11-28 22:15:00`, by UTC, or a time of ISO 8601; as milliseconds since 1970. */
const moment = z
  .string({ error: "expected a time such as 2026-11-28 22:15:00" })
  .transform((written, issues): number => {
    const form = /^\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
    const ms = form.test(written) ? parseTime(written) : Number.NaN;
    if (!Number.isNaN(ms)) return ms;
    issues.addIssue({ code: "custom", message: "expected a time such as 2026-11-28 22:15:00" });
    return z.NEVER;
  });

interface AskedLogs {
  readonly api_key?: string | undefined;
  readonly user_id?: string | undefined;
  readonly request_id?: string | undefined;
  readonly team_id?: string | undefined;
  readonly end_user?: string | undefined;
  readonly model?: string | undefined;
  readonly model_id?: string | undefined;
  readonly status_filter?: "success" | "failure" | undefined;
}

async function filterOf(context: ManagementContext, call: Call, asked: AskedLogs): Promise<AttemptFilter> {
  const { request_id: requestId, model, model_id: deploymentId } = asked;
  const keyId = await visibleKeyId(context, call, asked.api_key);
  const exact = {
    ...(requestId !== undefined && { requestId }),
    ...(model !== undefined && { model }),
    ...(deploymentId !== undefined && { deploymentId }),
    ...(asked.status_filter !== undefined && { succeeded: asked.status_filter === "success" }),
  };
  const payer = payerOf(asked);
  const charged = payer === undefined ? {} : { chargedTo: payer.meter };
  // One key is looked for by itself, since only a whole key is charged: its caller is the beginning of its id.
  if (keyId !== undefined)
    return { ...exact, caller: callerOfKey(keyId), chargedTo: payer?.meter ?? meterOf.key(keyId) };
  if (asked.user_id !== undefined) {
    const keyIds = await keyIdsOfUser(context, asked.user_id);
    return { ...exact, ...charged, callers: keyIds.map(callerOfKey) };
  }
  if (payer === undefined) return exact;
  const keyIds = await keyIdsOfPayer(context, payer.scope, payer.id);
  const callers = keyIds.filter((id) => id !== "").map(callerOfKey);
  // The operator's own key has no id, and can name customers too.
  const keyless = keyIds.includes("") ? await context.ledger.reports.keylessCallers() : [];
  return { ...exact, ...charged, callers: [...callers, ...keyless] };
}

function payerOf({ team_id, end_user }: AskedLogs) {
  if (team_id !== undefined && end_user !== undefined)
    throw invalid("end_user", "Ask for a team or for a customer, not for both.");
  if (team_id !== undefined) return { scope: "team", id: team_id, meter: meterOf.team(team_id) };
  if (end_user !== undefined) return { scope: "customer", id: end_user, meter: meterOf.customer(end_user) };
  return undefined;
}

async function daysOf(
  context: ManagementContext,
  call: Call,
  { api_key, user_id }: AskedLogs,
  days: { readonly from: string; readonly until: string },
): Promise<readonly object[]> {
  const keyId = await visibleKeyId(context, call, api_key);
  const keyIds =
    keyId !== undefined ? [keyId] : user_id === undefined ? undefined : await keyIdsOfUser(context, user_id);
  const sums = await context.ledger.reports.dailySpend(
    { scope: "proxy", ...days, ...(keyIds !== undefined && { keyIds }) },
    ["day", "keyId", "model"],
  );
  const keys = await context.directory.read.keys.find({
    keyId: [...new Set(sums.map((sum) => sum.keyId ?? ""))],
  });
  const userOf = new Map(keys.map((key) => [key.keyId, key.userId]));
  const dollarsBy = (of: typeof sums, keyOf: (sum: (typeof sums)[number]) => string | undefined): object =>
    Object.fromEntries(
      [...groupedBy(of, keyOf)].map(([key, group]) => [key, inDollars(spentNanoUsd(totalOf(group)))]),
    );
  return [...groupedBy(sums, ({ day: date }) => date)].map(([date, ofDay]) => ({
    startTime: date,
    ...spendFields(totalOf(ofDay)),
    users: dollarsBy(ofDay, (sum) => userOf.get(sum.keyId ?? "")),
    models: dollarsBy(ofDay, (sum) => sum.model),
  }));
}

/** An attempt as LiteLLM's log shows a request: for one that was tried twice there are two. */
function spendLog(attempt: LedgerAttempt): object {
  const { charges, tokens, state, costNanoUsd } = attempt;
  const payers = payersOf(charges.map(({ meter }) => meter));
  const input = tokensOf(tokens, "Input");
  const output = tokensOf(tokens, "Output");
  return {
    request_id: attempt.requestId,
    attempt_id: attempt.attemptId,
    call_type: "aimage_edit",
    api_key: payers("key")[0] ?? "",
    team_id: payers("team")[0] ?? null,
    organization_id: payers("organization")[0] ?? null,
    user: payers("user")[0] ?? payers("member")[0]?.split(":").slice(1).join(":") ?? null,
    end_user: payers("customer")[0] ?? null,
    request_tags: payers("tag"),
    model: attempt.model,
    model_group: attempt.modelGroup,
    model_id: attempt.deploymentId,
    api_base: "",
    custom_llm_provider: attempt.provider,
    spend: costNanoUsd === null ? 0 : inDollars(costNanoUsd),
    spend_usd: costNanoUsd === null ? null : formatUsd(costNanoUsd),
    uncertain: state === "uncertain",
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    images: attempt.images,
    startTime: isoTime(attempt.atMs),
    endTime: isoTime(attempt.endedAtMs),
    status: state === "certain" ? "success" : "failure",
    cache_hit: "False",
    session_id: null,
    requester_ip_address: null,
    metadata: {
      status: attempt.status,
      error_class: attempt.errorClass,
      reason: attempt.reason,
      retry: attempt.retry,
      fallback: attempt.fallback,
      size: attempt.size,
      quality: attempt.quality,
    },
  };
}

function payersOf(meters: readonly string[]) {
  return (scope: string): readonly string[] =>
    meters
      .filter((meter) => meter.startsWith(`${scope}:`) && !isOfModel(meter, meters))
      .map((meter) => meter.slice(scope.length + 1));
}

/** Whether a meter counts what another one does, for a model group alone. */
function isOfModel(meter: string, meters: readonly string[]): boolean {
  const end = meter.lastIndexOf("/model:");
  return end > 0 && meters.includes(meter.slice(0, end));
}

function tokensOf(tokens: Readonly<Record<string, number>> | null, end: string): number {
  return Object.entries(tokens ?? {}).reduce(
    (sum, [kind, number]) => (kind.endsWith(end) ? sum + number : sum),
    0,
  );
}
