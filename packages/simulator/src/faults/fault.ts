import { z } from "zod";
import { usageRemains } from "../usage/told-usage.js";

/**
 * The ways in which the simulator breaks. Each is one object of JSON, from the configuration or by the admin route.
 * `billed` says whether the pictures are made and charged although the client does not get them.
 */
const faultSchema = z.discriminatedUnion("kind", [
  /** An error answer. `before`: without reading the body first. */
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(200).max(599),
    code: z.string().nullable().default(null),
    type: z.string().default("server_error"),
    param: z.string().nullable().default(null),
    message: z.string().default("The server had an error while processing your request. Sorry about that!"),
    headers: z
      .record(
        z.string().transform((name) => name.toLowerCase()),
        z.string(),
      )
      .default({}),
    when: z.enum(["before", "after-body"]).default("after-body"),
    billed: z.boolean().default(false),
  }),
  /** Answers so many milliseconds later. */
  z.strictObject({ kind: z.literal("delay"), ms: z.number().min(0) }),
  /** Answers when it is released by the admin route. */
  z.strictObject({ kind: z.literal("hold") }),
  /** Reads the request and never answers. */
  z.strictObject({ kind: z.literal("hang"), billed: z.boolean().default(false) }),
  /** A TCP reset: when the headers have arrived, after half the body, or in place of the answer. */
  z.strictObject({
    kind: z.literal("reset"),
    when: z.enum(["before", "during", "after"]),
    billed: z.boolean().default(false),
  }),
  /** Closes the connection after a share (0 to 1) of the answer's body. Always billed. */
  z.strictObject({ kind: z.literal("cut"), share: z.number().min(0).max(0.999).default(0.5) }),
  /** 200 with JSON that does not parse. Always billed. */
  z.strictObject({ kind: z.literal("malformed") }),
  /** Sends the answer slowly: so many bytes every so many milliseconds. Always billed. */
  z.strictObject({
    kind: z.literal("drip"),
    bytes: z.int().min(1).default(1024),
    everyMs: z.number().min(0).default(10),
  }),
  /** An error event in a stream, after so many partial images. `bare`: the event holds the error without envelope. */
  z.strictObject({
    kind: z.literal("stream-error"),
    afterPartials: z.int().min(0).default(1),
    code: z.string().nullable().default(null),
    type: z.string().default("server_error"),
    message: z.string().default("The server had an error while processing your request. Sorry about that!"),
    bare: z.boolean().default(false),
    billed: z.boolean().default(false),
  }),
  /** An answer whose usage is missing, incomplete or all zero; it is billed by the price of its pictures. */
  z.strictObject({ kind: z.literal("usage"), remains: z.enum(usageRemains).default("nothing") }),
]);

export type Fault = z.infer<typeof faultSchema>;

export const faultRuleSchema = z
  .strictObject({
    /** Only requests with this key; without it, all. */
    key: z.string().optional(),
    /** Only requests for this model; without it, all. */
    model: z.string().optional(),
    /** Only requests whose field `user` says this; without it, all. */
    user: z.string().optional(),
    /** Strikes so often and is then gone; without it, it stays. */
    count: z.int().min(1).optional(),
    /** Strikes with this probability (drawn from the seed); without it, always. */
    probability: z.number().min(0).max(1).optional(),
    fault: faultSchema,
  })
  .superRefine((rule, context) => {
    for (const name of ["model", "user"] as const) {
      if (rule[name] === undefined || !strikesAtHeaders(rule.fault)) continue;
      context.addIssue({
        code: "custom",
        message: `strikes before the body is read, when the ${name} is not known yet`,
        path: [name],
      });
    }
    if (rule.fault.kind === "status" && rule.fault.billed && rule.fault.when === "before") {
      context.addIssue({
        code: "custom",
        message: "a request whose body was not read cannot be billed",
        path: ["fault", "billed"],
      });
    }
    if (rule.fault.kind === "reset" && rule.fault.billed && rule.fault.when !== "after") {
      context.addIssue({
        code: "custom",
        message: "a request whose body was not read cannot be billed",
        path: ["fault", "billed"],
      });
    }
  });

export type FaultRule = z.infer<typeof faultRuleSchema>;

/** One rule or a list of them, as the admin route takes them. */
export const faultRulesSchema = z.preprocess(
  (written): unknown => (Array.isArray(written) ? written : [written]),
  z.array(faultRuleSchema),
);

/** Faults that strike as soon as the headers are there. The others wait for a request that passes its checks. */
export function strikesAtHeaders(fault: Fault): boolean {
  return (
    (fault.kind === "status" && fault.when === "before") || (fault.kind === "reset" && fault.when !== "after")
  );
}
