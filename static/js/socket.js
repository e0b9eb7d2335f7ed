// The page's websocket, which comes back by itself. htmx's extension gets it through htmx.createWebSocket; the
// extension's own reconnecting never runs, because it never hears of a close.
const FINAL = new Map([[4401, "signed-out"], [4403, "not-allowed"], [4429, "too-many"]]);
const FIRST_WAIT = 250;
const LONGEST_WAIT = 5000;
const SILENCE = 25000; // the server says something every 15 s

export class ResilientSocket extends EventTarget {
  OPEN = 1;
  readyState = 0;
  binaryType = "blob";
  #url;
  #socket = null;
  #tries = 0;
  #heardAt = Date.now();
  #timer = 0;
  #isEnded = false;
  #listening = new AbortController();

  constructor(url) {
    super();
    this.#url = url;
    const options = { signal: this.#listening.signal };
    const watch = setInterval(() => this.#check(), 1000);
    this.#listening.signal.addEventListener("abort", () => clearInterval(watch));
    for (const name of ["visibilitychange", "resume"]) document.addEventListener(name, () => this.#wake(), options);
    for (const name of ["online", "pageshow"]) window.addEventListener(name, () => this.#wake(), options);
    document.addEventListener("live:lost", () => this.#drop("lost"), options);
    queueMicrotask(() => this.#open());
  }

  send(text) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  close() {
    this.#end("closed");
  }

  #open() {
    if (this.#isEnded) return;
    clearTimeout(this.#timer);
    this.#heardAt = Date.now();
    this.readyState = 0;
    const socket = this.#socket = new WebSocket(this.#url);
    const isCurrent = () => this.#socket === socket;
    socket.onopen = (event) => {
      if (!isCurrent()) return;
      this.readyState = 1;
      this.onopen?.(event);
    };
    socket.onmessage = (event) => { if (isCurrent()) this.#hear(event.data); };
    socket.onclose = (event) => { if (isCurrent()) this.#lose(event.code); };
  }

  #hear(text) {
    this.#heardAt = Date.now();
    this.#tries = 0;
    this.dispatchEvent(new MessageEvent("message", { data: text }));
    this.#tell("live");
  }

  #lose(code, wasSilent = false) {
    if (FINAL.has(code)) return this.#end(FINAL.get(code));
    this.#socket = null;
    this.readyState = 3;
    const wait = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#tries++) * (0.5 + Math.random() / 2);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#open(), wait);
    this.#tell(wasSilent ? "silent" : "reconnecting");
  }

  #drop(reason) {
    if (this.#isEnded || !this.#socket) return;
    const socket = this.#socket;
    this.#lose(0, reason === "silence");
    socket.close(4000, reason);
  }

  #check() {
    if (Date.now() - this.#heardAt > SILENCE) this.#drop("silence");
  }

  // After sleep, a frozen tab or a network change: do not wait for timers that stood still.
  #wake() {
    if (document.hidden || this.#isEnded) return;
    this.#check();
    if (!this.#socket) {
      this.#tries = 0;
      this.#open();
    }
  }

  #end(state) {
    this.#isEnded = true;
    this.#listening.abort();
    clearTimeout(this.#timer);
    const socket = this.#socket;
    this.#socket = null;
    this.readyState = 3;
    socket?.close();
    this.#tell(state);
  }

  #tell(state) {
    document.dispatchEvent(new CustomEvent("live:state", { detail: { state, tries: this.#tries } }));
  }
}

htmx.createWebSocket = (url) => new ResilientSocket(url);
