// The entry: one module per behaviour.
import "./socket.js";
import "./frame.js";
import "./ticker.js";
import "./freshness.js";
