/* What a saved notebook keeps of a live picture: the picture, its words and a sentence. Explained in
notebooks/00-start-here.ipynb.

JupyterLab shows the live view of an output rather than the PNG beside it, even where no kernel knows the view any
more. So the view is left out of what is saved. Where a page is no JupyterLab, nothing of this happens. */

const VIEW = "application/vnd.jupyter.widget-view+json";
const MARK = "music-you-can-see"; // in the metadata of an output that is ours
const KEPT = Symbol.for("music-you-can-see/saved");

const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** The JSON of an output as it is to be saved. The PNG becomes HTML, which keeps its words in every page. */
function still(output) {
  const mark = output.metadata?.[MARK];
  if (!mark || !output.data?.[VIEW]) return output;
  const { [VIEW]: view, "image/png": png, ...data } = output.data;
  if (png) {
    const alt = escaped(String(output.metadata["image/png"]?.alt ?? ""));
    const source = `data:image/png;base64,${[png].flat().join("").replace(/\s/g, "")}`;
    const caption = escaped(String(mark.caption ?? ""));
    data["text/html"] = `<figure><img alt="${alt}" src="${source}"><figcaption>${caption}</figcaption></figure>`;
  }
  return { ...output, data, metadata: { [MARK]: { ...mark, view } } };
}

/** Save stills of our live views, as long as the notebook is open. */
function saveStills({ widget_manager: manager }) {
  const notebook = manager?.context?.model;
  if (typeof notebook?.toJSON !== "function" || !notebook.cells) return;
  if (!notebook[KEPT]) {
    const toJSON = notebook.toJSON;
    notebook[KEPT] = true;
    notebook.toJSON = function () {
      const whole = toJSON.call(this);
      const cells = whole.cells?.map((cell) => (cell.outputs ? { ...cell, outputs: cell.outputs.map(still) } : cell));
      return cells ? { ...whole, cells } : whole;
    };
  }
  wake(notebook, manager);
}

/** After the page was loaded again, show the views that the kernel still knows. */
function wake({ cells }, manager) {
  for (const { outputs } of cells) {
    for (let i = 0; i < (outputs?.length ?? 0); i++) {
      const output = outputs.get(i);
      const { [MARK]: mark } = output.metadata ?? {};
      const view = mark?.view;
      if (!view || output.data[VIEW] || !manager.has_model?.(view.model_id)) continue;
      output.setData({ data: { ...output.data, [VIEW]: view }, metadata: output.metadata });
    }
  }
}
