/**
 * One page per attempt in this browser: the page opened last is the one that works, and the others
 * are told. The server guards the same by lease and number; this only spares people the surprise.
 * @param {string} name @param {() => void} onTakenOver
 * @returns {Promise<void>} resolves when earlier pages have had time to stop
 */
export function becomeSolePage(name, onTakenOver) {
  if (typeof BroadcastChannel === "undefined") return Promise.resolve();
  const channel = new BroadcastChannel(`kaohe-${name}`);
  channel.postMessage("taken over");
  channel.onmessage = () => {
    channel.close();
    onTakenOver();
  };
  return new Promise((resolve) => setTimeout(resolve, 120));
}
