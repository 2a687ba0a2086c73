/* What a page needs besides its players. */

(() => {
  /** Let the keys reach what is wider than the page. */
  const wide = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
      else target.removeAttribute("tabindex");
    }
  });
  for (const lines of document.querySelectorAll("article pre")) wide.observe(lines);

  // What opens a drawer is made for a mouse: it becomes a button, for keys as well.
  for (const [id, words] of [["__navigation", "All chapters"], ["__toc", "On this page"]]) {
    const open = document.getElementById(id);
    for (const icon of document.querySelectorAll(`label[for="${id}"] > .icon`)) {
      icon.tabIndex = 0;
      icon.setAttribute("role", "button");
      icon.setAttribute("aria-label", words);
      const tell = () => icon.setAttribute("aria-expanded", open.checked);
      tell();
      open.addEventListener("change", tell);
      icon.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        open.click();
      });
    }
  }

  /** What is said of an answer: one of some choices, or a number in some stretches. */
  function verdict(field, accept) {
    const given = field.value.trim();
    if (!given) return "Not answered yet.";
    const number = Number(given.replace(",", "."));
    if (field.localName === "input" && Number.isNaN(number)) return "A number was expected, such as 12.5.";
    const good = accept.some((one) => (Array.isArray(one) ? one[0] <= number && number <= one[1] : String(one) === given));
    return good ? "Right." : "Not yet.";
  }

  for (const form of document.querySelectorAll("form.answer")) {
    const [field, said] = [form.querySelector("input, select"), form.querySelector("output")];
    const accept = JSON.parse(form.dataset.accept);
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      said.textContent = verdict(field, accept);
    });
    field.addEventListener("input", () => (said.textContent = ""));
  }
})();
