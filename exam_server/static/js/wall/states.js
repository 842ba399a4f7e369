/** The vocabulary of seat states. Every state but the normal one has an icon; all have words. */

/** @typedef {"idle" | "ready" | "active" | "offline" | "alert" | "help" | "paused" | "submitted" | "absent" | "deferred"} SeatState */

/** @type {Record<SeatState, {label: string, icon: string, tone: string}>} */
export const STATES = {
  active: { label: "答题中", icon: "pen", tone: "" },
  help: { label: "举手", icon: "hand", tone: "badge--help" },
  alert: { label: "异常", icon: "warn", tone: "badge--danger" },
  offline: { label: "断线", icon: "unplug", tone: "badge--warn" },
  ready: { label: "已登录", icon: "user", tone: "" },
  idle: { label: "未登录", icon: "door", tone: "" },
  paused: { label: "已暂停", icon: "lock", tone: "badge--warn" },
  submitted: { label: "已交卷", icon: "check", tone: "badge--ok" },
  absent: { label: "缺考", icon: "user-off", tone: "" },
  deferred: { label: "缓考", icon: "calendar", tone: "" },
};

/** Order of the counters: what needs a person first. @type {SeatState[]} */
export const FILTER_ORDER = ["help", "alert", "offline", "active", "paused", "ready", "idle", "submitted", "absent", "deferred"];
