/**
 * The file of a thread as Node can run it, also where a test runs this project from its sources: the compiled one.
 *
 * @param file by its compiled name, beside whoever starts it
 */
export function threadFile(file: URL): URL {
  return new URL(file.href.replace("/packages/accounts/src/", "/packages/accounts/dist/"));
}
