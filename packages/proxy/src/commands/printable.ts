/** Text that others have chosen, such as a model's name, without what a terminal would take for a command. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, "�");
}
