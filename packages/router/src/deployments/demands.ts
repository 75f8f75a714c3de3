import type { EditRequest } from "../request.js";
import { capabilityOf } from "./capabilities.js";
import type { Deployment } from "./deployment.js";

type Asked = Pick<EditRequest, "parameters" | "body">;

/** Something that not every deployment can take. */
interface Demand {
  /** The field that makes it. */
  field(edit: Asked): string;
  /** Ends the sentence "no deployment takes ...". */
  what(edit: Asked): string;
  /** Looks at the request only where the deployment is limited: counting the images of a JSON body takes time. */
  isMetBy(deployment: Deployment, edit: Asked): boolean;
}

/** Files by their id are a matter of their own: see file-holders.ts. */
export const demands: readonly Demand[] = [
  {
    field: () => "stream",
    what: () => "streamed edits",
    isMetBy: (deployment, { parameters }) =>
      !parameters.stream || capabilityOf(deployment, "stream") !== false,
  },
  {
    field: () => "images",
    what: () => "JSON bodies; send the images as files in a form",
    isMetBy: (deployment, { body }) =>
      !body.contents.isJson || capabilityOf(deployment, "jsonBody") !== false,
  },
  {
    field: () => "mask",
    what: () => "masks",
    isMetBy: (deployment, { body }) => capabilityOf(deployment, "mask") !== false || !body.contents.hasMask,
  },
  {
    field: ({ body }) => (body.contents.isJson ? "images" : "image"),
    what: ({ body }) => `${body.contents.images} images`,
    isMetBy: (deployment, { body }) => {
      const most = capabilityOf(deployment, "inputImages");
      return most === undefined || body.contents.images <= most;
    },
  },
];
