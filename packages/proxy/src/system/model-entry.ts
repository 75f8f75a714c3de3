/**
 * What makes entries of `model_list` over the upstream at `url`: each a deployment with the id `GROUP-NAME`, of gpt-image-1
 * unless its parameters say otherwise.
 * @param common further `litellm_params` of all of them
 */
export function modelEntries(
  url: string,
  common: object = {},
): (group: string, name: string, key: string, parameters?: object, info?: object) => object {
  return (group, name, key, parameters = {}, info = {}) => ({
    model_name: group,
    litellm_params: {
      model: "openai/gpt-image-1",
      api_base: `${url}/v1`,
      api_key: key,
      ...common,
      ...parameters,
    },
    model_info: { id: `${group}-${name}`, ...info },
  });
}
