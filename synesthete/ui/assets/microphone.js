// Asks for the microphone before the sound is sent, and tells Python what the browser says; shows nothing.
// What it opens to ask is closed at once: a microphone that is open twice falls silent on some phones.
const watches = new WeakMap();

export default function ({ data, parentElement, setTriggerValue }) {
  let watch = watches.get(parentElement);
  if (!watch) watches.set(parentElement, (watch = { number: -1, isWanted: false, close: null }));
  watch.tell = (what) => setTriggerValue("said", { number: data.number, trouble: "", isElsewhere: watch.isElsewhere, ...what });
  const isNew = data.isWanted && data.number !== watch.number;
  if (!data.isWanted) watch.close?.();
  watch.isWanted = data.isWanted;
  if (isNew) {
    watch.number = data.number;
    ask(watch);
  }
  return () => {};
}

async function ask(watch) {
  watch.isElsewhere = false;
  if (!window.isSecureContext || !navigator.mediaDevices) return watch.tell({ trouble: "insecure" });
  let device;
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    device = stream.getAudioTracks()[0].getSettings().deviceId;
    for (const track of stream.getTracks()) track.stop();
  } catch (problem) {
    return watch.tell({ trouble: problem.name });
  }
  open(watch, device);
  watch.tell({});
}

// While it listens: is the device still there, and does another tab listen too?
function open(watch, device) {
  watch.close?.();
  const devices = navigator.mediaDevices;
  const look = async () => {
    const there = (await devices.enumerateDevices()).filter((each) => each.kind === "audioinput");
    if (watch.isWanted && !there.some((each) => !device || each.deviceId === device)) watch.tell({ trouble: "gone" });
  };
  devices.addEventListener("devicechange", look);
  const tabs = new BroadcastChannel("synesthete-live");
  tabs.onmessage = ({ data: word }) => {
    if (word === "who?") tabs.postMessage("me");
    if (word !== "me" || watch.isElsewhere) return;
    watch.isElsewhere = true;
    watch.tell({});
  };
  tabs.postMessage("who?");
  watch.close = () => {
    devices.removeEventListener("devicechange", look);
    tabs.close();
    watch.close = null;
  };
}
