export { connect } from "../kernel/connection.js";
export { memoryWire } from "../kernel/memory-wire.js";
export { VirtualClock, VirtualTime, settled } from "./virtual-time.js";
