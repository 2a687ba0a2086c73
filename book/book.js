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
})();
