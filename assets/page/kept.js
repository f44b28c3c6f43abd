// Small things that this browser keeps by name: `dsKept.always` for good, `dsKept.inTab` as long as the tab.
// Some browsers refuse that, with an error at the first touch, or with one at a write: then it is forgotten.
window.dsKept = (() => {
  const standIn = () => {
    const values = new Map();
    return {
      getItem: (name) => values.get(name) ?? null,
      setItem: (name, value) => void values.set(name, String(value)),
      removeItem: (name) => void values.delete(name),
    };
  };
  let isLasting = true;
  for (const name of ["localStorage", "sessionStorage"]) {
    try {
      window[name].getItem(name);
    } catch {
      if (name === "localStorage") isLasting = false;
      // In its place, as Gradio too goes there.
      Object.defineProperty(window, name, { value: standIn() });
    }
  }

  const guarded = (store) => ({
    get: (name) => store.getItem(name),
    set: (name, value) => {
      try {
        store.setItem(name, value);
      } catch {
        // Full, or not to be written.
      }
    },
    remove: (name) => store.removeItem(name),
  });
  return { isLasting, always: guarded(localStorage), inTab: guarded(sessionStorage) };
})();
