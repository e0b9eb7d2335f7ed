// The day and the time of day in a time zone, as the server writes them. A browser that does not know the zone goes by UTC,
// and says so.
const formats = new Map();
const OPTIONS = {
  hourCycle: "h23",
  weekday: "long", day: "numeric", month: "long", year: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit",
};

function make(timeZone) {
  try {
    const format = new Intl.DateTimeFormat("en-GB", { timeZone, ...OPTIONS });
    return { format, place: timeZone.split("/").pop().replaceAll("_", " ") }; // Europe/Berlin is said as Berlin
  } catch {
    return make("UTC");
  }
}

// The parts of a moment (milliseconds) by their names, and the place whose they are.
export function inZone(zone, at) {
  if (!formats.has(zone)) formats.set(zone, make(zone));
  const { format, place } = formats.get(zone);
  return { ...Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value])), place };
}
