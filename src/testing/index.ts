export { VirtualClock, VirtualTime, settled } from "./virtual-time.js";
