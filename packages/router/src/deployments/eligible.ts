import { NotCapableError, type RouterError, TagsError } from "../errors.js";
import type { EditRequest } from "../request.js";
import { demands } from "./demands.js";
import type { Deployment } from "./deployment.js";
import { FileHolders } from "./file-holders.js";
import type { Group } from "./groups.js";
import { type TagFilter, tagged } from "./tags.js";

type Asked = Pick<EditRequest, "parameters" | "body" | "tags">;

/** What a request may use of a group. */
export interface EligibleGroup extends Group {
  /** Why no deployment of it is left, where none is. */
  readonly refusal: RouterError | undefined;
}

/**
 * The groups of a request, each with those deployments that may and can serve it. A group may be left with none.
 * @param groups the one that was asked for, then its fallbacks
 * @param tagFilter undefined: tags choose nothing
 */
export function eligible(
  groups: readonly Group[],
  request: Asked,
  tagFilter: TagFilter | undefined,
): readonly EligibleGroup[] {
  const holders = request.body.contents.isJson ? holdersIn(groups) : undefined;
  const selections = groups.map(({ name, deployments }) => {
    const selection = new Selection(name, deployments);
    if (tagFilter !== undefined) selection.byTags(request.tags ?? [], tagFilter);
    selection.byDemands(request);
    selection.byFields(request);
    if (holders?.areFew === true) selection.byFiles(request, holders);
    return selection;
  });
  return groups.map((group, index) => {
    const selection = selections[index];
    return { ...group, deployments: selection?.left ?? [], refusal: selection?.refusal };
  });
}

/** Why the first group cannot serve the request, where no other can either. */
export function whyNone(groups: readonly EligibleGroup[]): RouterError | undefined {
  return groups.every(({ deployments }) => deployments.length === 0) ? groups[0]?.refusal : undefined;
}

function holdersIn(groups: readonly Group[]): FileHolders {
  return new FileHolders(
    groups[0]?.deployments ?? [],
    groups.flatMap(({ deployments }) => deployments),
  );
}

/** What is left of a group, and why nothing is. */
class Selection {
  refusal: RouterError | undefined;

  constructor(
    private readonly group: string,
    public left: readonly Deployment[],
  ) {}

  byTags(tags: readonly string[], filter: TagFilter): void {
    this.#keep(tagged(this.left, tags, filter), () => new TagsError(this.group, tags));
  }

  byDemands(request: Asked): void {
    for (const demand of demands) {
      this.#keep(
        this.left.filter((deployment) => demand.isMetBy(deployment, request)),
        () => new NotCapableError(this.group, demand.what(request), demand.field(request)),
      );
    }
  }

  byFields({ body }: Asked): void {
    const asked = this.left;
    this.#keep(
      asked.filter((deployment) => body.unsupportedBy(deployment).length === 0),
      () => {
        const fields = [...new Set(asked.flatMap((deployment) => body.unsupportedBy(deployment)))];
        const names = fields.map((field) => `'${field}'`).join(", ");
        const what = `${names} as sent; do without, or set drop_params to have that done`;
        return new NotCapableError(this.group, what, fields[0] ?? "");
      },
    );
  }

  byFiles({ body }: Asked, holders: FileHolders): void {
    const { fileId } = body.contents;
    if (fileId === undefined) return;
    const what =
      "files by their id, for they belong to one organisation: say which by model_info.supports_file_ids, or name a deployment's id as model";
    this.#keep(
      this.left.filter((deployment) => holders.includes(deployment)),
      () => new NotCapableError(this.group, what, fileId),
    );
  }

  #keep(kept: readonly Deployment[], refusal: () => RouterError): void {
    if (kept.length === 0 && this.left.length > 0) this.refusal = refusal();
    this.left = kept;
  }
}
