/**
 * What a person did to a form before its module ran, on a slow computer or after "back": the page's
 * view is the server's, the values are the person's, and the module brings them in line.
 */

/** Whether a control holds something else than the server wrote. @param {any} control @returns {boolean} */
function isTyped(control) {
  if (control.type === "file") return control.files.length > 0;
  if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
  if (control.options) return isChosen([...control.options]);
  return control.defaultValue !== undefined && control.type !== "hidden" && control.value !== control.defaultValue;
}

/** Where the server marks no option the first one stands. @param {HTMLOptionElement[]} options */
function isChosen(options) {
  const written = Math.max(0, options.findIndex((option) => option.defaultSelected));
  return options.some((option, at) => option.selected !== (at === written));
}

/** @param {HTMLFormElement} form @returns {any[]} the controls that were typed in, chosen or ticked */
export function typedIn(form) {
  return [...form.elements].filter(isTyped);
}
