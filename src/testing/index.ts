export { connect } from "../kernel/connection.js";
export { memoryWire } from "../kernel/memory-wire.js";
export { VirtualClock } from "./virtual-clock.js";
export { VirtualTime, settled } from "./virtual-time.js";
