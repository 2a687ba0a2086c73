/* Slides that are laid out by the page itself, so that a picture knows where it is clicked. */
Reveal.initialize({
  disableLayout: true,
  hash: true,
  transition: "none",
  controls: true,
  keyboardCondition: (event) => !event.target.closest?.(".mycs-live"),
});
