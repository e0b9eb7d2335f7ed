// The entry: one module per behaviour.
import "./socket.js";
import "./frame.js";
import "./ticker.js";
import "./freshness.js";
import "./ended.js";
import "./held.js";
import "./pause.js";
import "./keyboard.js";
import "./drawer.js";
import "./flash.js";
import "./summary.js";
import "./copy.js";
import "./once.js";
import "./renew.js";
