/**
 * The compiled file of a thread, which Node can run, also where a test runs this project from its sources.
 *
 * @param name of the file without its ending, beside `module`
 * @param module the `import.meta.url` of whoever starts the thread
 */
export function threadFile(name: string, module: string): URL {
  const file = new URL(`./${name}.js`, module);
  if (module.endsWith(".ts"))
    file.pathname = file.pathname.replace("/packages/accounts/src/", "/packages/accounts/dist/");
  return file;
}
