// The entry of a wallboard's screen: the live modules that pages have as well, then one per behaviour of a wall.
import "./socket.js";
import "./frame.js";
import "./ticker.js";
import "./freshness.js";
import "./wall/turn.js";
import "./wall/clock.js";
import "./wall/lost.js";
import "./wall/care.js";
import "./wall/sound.js";
