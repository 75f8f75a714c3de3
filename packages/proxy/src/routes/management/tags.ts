import { type Change, type TagRecord, authoredNow, changedNow } from "@darkroom/accounts";
import { z } from "zod";
import { tagSchema } from "./answer-schemas.js";
import { only, tagAnswers } from "./answers.js";
import { type ManagementContext, changing, checkBudget } from "./context.js";
import { limitFields, limitsFrom } from "./limit-fields.js";
import { type ManagementRoute, route } from "./management-route.js";
import { changed, id, ids, longPage, text } from "./values.js";

const tagFields = { description: text.nullish(), budget_id: id.nullish(), ...limitFields };

type TagInput = Partial<z.output<z.ZodObject<typeof tagFields>>>;

const lacking = ["models", "budget_reset_at"];

/** Tags that are limited or described; requests may name any. */
export function tagRoutes(context: ManagementContext): readonly ManagementRoute[] {
  const { read } = context.directory;
  const answer = async (tag: TagRecord): Promise<object> => only(await tagAnswers(context, [tag]));

  return [
    route({
      method: "post",
      paths: ["/tag/new"],
      summary: "Describe a tag",
      audience: "admins",
      fields: { ...tagFields, name: id },
      lacking,
      answer: tagSchema,
      handle: async ({ name, ...input }, call) =>
        answer(
          await changing(context, call, async (change) => {
            const tag = withInput({ name, limits: {}, ...authoredNow(change) }, input, change);
            await checkBudget(change, tag.budgetId);
            await change.tags.add(tag);
            return tag;
          }),
        ),
    }),
    route({
      method: "post",
      paths: ["/tag/info"],
      summary: "What is known of tags, by their names",
      audience: "viewers",
      fields: { names: ids },
      answer: z.record(z.string(), tagSchema),
      handle: async ({ names }) => {
        const tags = await read.tags.find({ name: names });
        const answers = await tagAnswers(context, tags);
        return Object.fromEntries(tags.map(({ name }, index) => [name, answers[index]]));
      },
    }),
    route({
      method: "post",
      paths: ["/tag/update"],
      summary: "Change a tag; what is not named stays, null takes it away",
      audience: "admins",
      fields: { ...tagFields, name: id },
      lacking,
      answer: tagSchema,
      handle: async ({ name, ...input }, call) =>
        answer(
          await changing(context, call, async (change) => {
            const before = await change.tags.existing(name);
            const tag = { ...withInput(before, input, change), ...changedNow(change) };
            await checkBudget(change, tag.budgetId);
            await change.tags.replace(tag);
            return tag;
          }),
        ),
    }),
    route({
      method: "post",
      paths: ["/tag/delete"],
      summary: "Forget what is said of a tag",
      audience: "admins",
      fields: { name: id },
      answer: z.object({ message: z.string() }),
      handle: async ({ name }, call) => {
        await changing(context, call, (change) => change.tags.remove(name));
        return { message: `Tag ${name} deleted successfully` };
      },
    }),
    route({
      method: "get",
      paths: ["/tag/list"],
      summary: "List tags, the newest first",
      audience: "viewers",
      fields: longPage,
      answer: z.array(tagSchema),
      handle: async ({ page, page_size }) =>
        tagAnswers(context, (await read.tags.list({ page, size: page_size })).records),
    }),
  ];
}

function withInput(before: TagRecord, input: TagInput, { nowMs }: Change): TagRecord {
  return changed(before, {
    description: input.description,
    budgetId: input.budget_id,
    limits: limitsFrom(input, nowMs, before.limits),
  });
}
