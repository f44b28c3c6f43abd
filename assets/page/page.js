// The entry: all that runs in the page, begun in this order, and what Gradio's components may call of it.
//
// It stands before Gradio's own script, so that what is put in the place of a built-in is there when Gradio looks for it
// (gradio.js says what for), and `deepseekSpace` is there before the first component calls it.
import { serveReaders } from "./access.js";
import { hearFiles } from "./attachments.js";
import { hearButtons } from "./buttons.js";
import { hearChatList } from "./chat_list.js";
import { keepCopiesPlain } from "./clipboard.js";
import { hearCodeBars } from "./code_bar.js";
import { followModel, hearMeter, recount } from "./context_meter.js";
import { hearDiagrams } from "./diagrams.js";
import { hearEditors } from "./editor.js";
import { mendFields } from "./fields.js";
import { hearNewChats, hearRecord, startHistory } from "./history.js";
import { stopCounting } from "./gradio.js";
import { mendStores } from "./kept.js";
import { hearKeys } from "./keyboard.js";
import { hearLanguage } from "./language.js";
import { hearWorkspace, startWorkbench } from "./workbench.js";
import { holdLinks } from "./links.js";
import { hearPalette } from "./palette.js";
import { hearFailures } from "./notes.js";
import { hearPanels } from "./panels.js";
import { hearPlaces } from "./places.js";
import { withMaths } from "./pending.js";
import { drawChat, drawCompared, hearSending, sendEdit } from "./sending.js";
import { mendProse } from "./prose.js";
import { connect, hear } from "./server.js";
import { hearLinks, openLink } from "./share.js";
import { hearTheme } from "./theme.js";
import { mendToasts } from "./toasts.js";
import { bringBack, keepUnsent, startKeeping, takeUnsent } from "./unsent.js";
import { fitViewport } from "./viewport.js";

stopCounting();
mendStores();
keepCopiesPlain();
hearLinks();
serveReaders();
hearButtons();
hearFiles();
hearSending();
hearFailures();
hearEditors(sendEdit);
hearMeter();
hearChatList();
startKeeping();
mendFields();
hearLanguage();
hearTheme();
hearPlaces();
hearNewChats();
hearPalette();
hearKeys();
holdLinks();
hearPanels();
mendToasts();
mendProse();
hearCodeBars();
hearDiagrams();
fitViewport();

// The one name that the page has of ours: `js_on_load` and `js` of components have no other way to a module.
Object.assign(window, {
  deepseekSpace: Object.freeze({
    connect,
    hear,
    drawChat,
    drawCompared,
    withMaths,
    recount,
    followModel,
    startHistory,
    hearRecord,
    keepUnsent,
    takeUnsent,
    bringBack,
    openLink,
    startWorkbench,
    hearWorkspace,
  }),
});
