// Files for a message: dropped on the chat or pasted, they go the way of the button. And the meter of the context,
// which is counted anew when nothing has changed for a moment. See attachments.py and context_meter.py in
// ui/next_message.
(() => {
  const PAUSE_MS = 500;
  const MOST_FILES = 500;
  const PASSED_OVER = /^(\.git|\.hg|\.svn|\.venv|node_modules|__pycache__|__MACOSX|\.DS_Store)$/;

  const SLASH = "\u2215"; // a name is cut at a real one on its way

  const attach = (files) => {
    if (!files.length) return;
    const transfer = new DataTransfer();
    for (const file of files) transfer.items.add(file);
    dsBuilt(["#composer input[type=file]"], (input) => {
      input.files = transfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  };

  // Gradio would refuse them all, in words of its own.
  document.addEventListener("change", (event) => {
    const input = event.target;
    const limit = window.gradio_config?.max_file_size;
    if (!limit || !input.matches?.("#composer input[type=file]")) return;
    const files = [...input.files];
    const large = files.filter((file) => file.size > limit);
    if (!large.length) return;
    event.stopImmediatePropagation();
    input.value = "";
    const isAlone = large.length === files.length;
    dsPage.ask("files_too_large", isAlone ? "alone" : "", large.map((file) => file.name).join("\n"));
    attach(files.filter((file) => file.size <= limit));
  }, true);

  const promised = (method, target) => new Promise((resolve, reject) => target[method](resolve, reject));

  // The files of a folder, named by their paths in it.
  const filesOf = async (entry, path, found) => {
    if (found.length >= MOST_FILES || PASSED_OVER.test(entry.name)) return;
    if (entry.isFile) {
      const file = await promised("file", entry);
      found.push(path ? new File([file], path.replaceAll("/", SLASH) + file.name, { type: file.type }) : file);
      return;
    }
    const reader = entry.createReader();
    for (let batch; (batch = await promised("readEntries", reader)).length; )
      for (const child of batch) await filesOf(child, `${path}${entry.name}/`, found);
  };

  const chat = () => document.querySelector("#chat-page");
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") && event.target.closest?.("#chat-page");
  let leaving;

  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    clearTimeout(leaving);
    chat().classList.add("is-dropping");
    leaving = setTimeout(() => chat().classList.remove("is-dropping"), 300);
  });

  document.addEventListener("drop", async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    chat().classList.remove("is-dropping");
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
    if (!entries.length) return attach([...event.dataTransfer.files]);
    const found = [];
    for (const entry of entries) await filesOf(entry, "", found);
    attach(found);
  }, true);

  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    // Office programs put a picture beside the text that is meant.
    if (!files.length || event.clipboardData.types.includes("text/plain")) return;
    if (!event.target.closest?.("#chat-input")) return;
    event.preventDefault();
    event.stopPropagation();
    attach(files);
  }, true);

  let pause;
  dsPage.recount = () => {
    clearTimeout(pause);
    pause = setTimeout(() => dsPage.ask("count"), PAUSE_MS);
  };

  // The line about the model changes with each step of its loading, too.
  let model;
  dsPage.followModel = () =>
    requestAnimationFrame(() => {
      const line = document.querySelector("#status-line .ds-model");
      const now = line?.dataset.state + line?.querySelector(".ds-name")?.textContent;
      if (now !== model) dsPage.recount();
      model = now;
    });

  document.addEventListener("click", (event) => {
    const place = document.querySelector("#context-meter");
    if (place) place.classList.toggle("is-open", Boolean(event.target.closest?.(".ds-meter")) && !place.classList.contains("is-open"));
  });
})();
