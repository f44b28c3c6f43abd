// Python by Pyodide in a worker of the run frame, without a network: every file that it asks for comes from the page.
// Sent to the frame as text, see work_python.js. Knows no page.
const state = { waiting: new Map(), buffer: "", due: 0 };
const tell = (news) => self.postMessage(news);

const flush = () => {
  if (state.buffer) tell({ kind: "out", text: state.buffer });
  state.buffer = "";
};
const SITE = "/lib/python3.14/site-packages";
const decoder = new TextDecoder();
const write = (bytes) => {
  state.buffer += decoder.decode(bytes, { stream: true });
  if (state.buffer.length > 4000 || performance.now() - state.due > 50) {
    flush();
    state.due = performance.now();
  }
  return bytes.length;
};

const typeOf = (name) =>
  name.endsWith(".wasm") ? "application/wasm" : name.endsWith(".mjs") ? "text/javascript" : "application/octet-stream";

const asked = (name) =>
  new Promise((resolve, reject) => {
    state.waiting.set(name, { resolve, reject });
    tell({ kind: "need", text: name });
  });

const answered = async (assets, request) => {
  const name = String(request?.url ?? request).split(/[?#]/)[0].split("/").pop();
  const bytes = assets[name] ?? (await asked(name));
  return new Response(bytes, { headers: { "content-type": typeOf(name) } });
};

const start = async ({ assets, stdin, wheels }) => {
  self.fetch = (request) => answered(assets, request);
  self.importScripts = () => {
    throw new TypeError("This is a module.");
  };
  const address = (name) => URL.createObjectURL(new Blob([assets[name]], { type: typeOf(name) }));
  const { loadPyodide } = await import(address("pyodide.mjs"));
  const { default: createPyodideModule } = await import(address("pyodide.asm.mjs"));
  const python = await loadPyodide({
    indexURL: "https://pyodide.invalid/",
    packageBaseUrl: "https://pyodide.invalid/",
    lockFileContents: new TextDecoder().decode(assets["pyodide-lock.json"]),
    createPyodideModule,
    env: { MPLBACKEND: "agg", HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1", NO_COLOR: "1", COLUMNS: "80" },
  });
  python.setStdout({ write, isatty: false });
  python.setStderr({ write, isatty: false });
  const lines = stdin.split("\n");
  if (lines.at(-1) === "") lines.pop();
  python.setStdin({ stdin: () => lines.shift() ?? null, autoEOF: true });
  for (const bytes of wheels) python.unpackArchive(bytes, "zip", { extractDir: SITE });
  return python;
};

const lay = (python, files) => {
  const { FS } = python;
  FS.mkdirTree("/work");
  for (const [path, text] of Object.entries(files)) {
    FS.mkdirTree(`/work/${path}`.split("/").slice(0, -1).join("/"));
    FS.writeFile(`/work/${path}`, text);
  }
  FS.chdir("/work");
};

const FIGURES = `
import sys
def _figures():
    if "matplotlib.pyplot" not in sys.modules: return []
    import base64, io
    from matplotlib import pyplot
    found = []
    for number in pyplot.get_fignums():
        target = io.BytesIO()
        pyplot.figure(number).savefig(target, format="png", dpi=110, bbox_inches="tight")
        found.append(base64.b64encode(target.getvalue()).decode())
    return found
_figures()
`;
const RUN = `
import runpy, sys, traceback
sys.path.insert(0, "/work")
sys.argv = [_main]
_failed, _line, _place = "", 0, _main
try:
    runpy.run_path("/work/" + _main, run_name="__main__")
except SystemExit as error:
    if error.code not in (None, 0): print(error.code if isinstance(error.code, str) else f"exit code {error.code}", file=sys.stderr)
except BaseException as error:
    places = [place for place in traceback.extract_tb(error.__traceback__) if place.filename.startswith("/work/")]
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    kept, skip = [], True
    for line in lines:
        if 'File "<frozen runpy>"' in line or 'File "<exec>"' in line: continue
        kept.append(line.replace('"/work/', '"'))
    _failed = "".join(kept)
    _line = places[-1].lineno if places else (getattr(error, "lineno", 0) or 0)
    _place = places[-1].filename.removeprefix("/work/") if places else _main
    sys.stderr.write(_failed)
sys.stdout.flush(); sys.stderr.flush()
`;
// All files are looked at before anything runs: a test that is collected late would tell of them late.
const CHECK = `
import ast
_failed, _line, _place = "", 0, ""
for _path in _paths:
    try:
        with open("/work/" + _path, encoding="utf-8") as _file: ast.parse(_file.read(), _path)
    except (SyntaxError, ValueError) as error:
        import traceback
        _failed = "".join(traceback.format_exception_only(error))
        _line, _place = getattr(error, "lineno", 0) or 0, _path
        break
_failed
`;
const TEST = `
import sys
sys.path.insert(0, "/work")
import pytest
_code = int(pytest.main(["-q", "--color=no", "-p", "no:cacheprovider", "-p", "no:faulthandler"]))
sys.stdout.flush(); sys.stderr.flush()
`;

const run = async (job) => {
  tell({ kind: "state", text: "starting" });
  const python = await start(job);
  lay(python, job.files);
  const code = Object.entries(job.files).filter(([path]) => path.endsWith(".py"));
  // A program may do without its neighbours, tests look at all of them.
  python.globals.set("_paths", python.toPy(job.isTest ? code.map(([path]) => path) : [job.main]));
  if (python.runPython(CHECK)) {
    const text = python.globals.get("_failed");
    tell({ kind: "out", text });
    return tell({ kind: "done", text, line: python.globals.get("_line"), name: python.globals.get("_place") });
  }
  for (const [, text] of code) await python.loadPackagesFromImports(text, { messageCallback: () => {} }).catch(() => {});
  if (job.isTest && !job.wheels.length) await python.loadPackage("pytest", { messageCallback: () => {} });
  tell({ kind: "state", text: "running" });
  python.globals.set("_main", job.main);
  await python.runPythonAsync(job.isTest ? TEST : RUN);
  flush();
  const figures = python.runPython(FIGURES);
  for (const image of figures.toJs()) tell({ kind: "image", image });
  const failed = job.isTest ? (python.globals.get("_code") ? "tests" : "") : python.globals.get("_failed");
  tell({
    kind: "done",
    text: failed,
    line: job.isTest ? 0 : python.globals.get("_line"),
    name: !failed ? "" : job.isTest ? "tests" : python.globals.get("_place"),
  });
};

self.onmessage = ({ data }) => {
  if (data.name) {
    const waiting = state.waiting.get(data.name);
    state.waiting.delete(data.name);
    if (data.bytes) waiting?.resolve(data.bytes);
    else waiting?.reject(new Error(`${data.name} cannot be had`));
    return;
  }
  run(data).catch((error) => {
    flush();
    tell({ kind: "done", text: String(error?.message ?? error), name: "failed" });
  });
};
