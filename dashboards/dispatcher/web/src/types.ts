// The JSON of the server: see /api/openapi.json. A field that is not known is absent.

export type Freshness = 'fresh' | 'suspect' | 'stale' | 'silent';

export interface Overview {
  time: string;
  time_zone: string;
  demo: boolean;
  at?: string;
  freshness: Freshness;
  power_w?: number;
  power_source?: string;
  block_start?: string;
  block_end?: string;
  block_mean_w?: number;
  projection_w?: number;
  allowable_w?: number;
  sliding_allowable_w?: number;
  limit_w?: number;
  limit_kind: 'stated' | 'unlimited' | 'not_stated';
  headroom_w?: number;
  band?: string;
  feeding?: string;
  degraded?: boolean;
  degraded_reason?: string;
  meters: { fresh: number; suspect: number; stale: number; silent: number; total: number };
  missing?: Record<string, string>;
}

export interface ResidentLive {
  id: string;
  power_w?: number;
  partial?: boolean;
  load_pct?: number;
  at?: string;
  quality: string;
  freshness: Freshness;
  reason?: string;
  missing_points?: string[];
}

export interface Resident extends ResidentLive {
  name: string;
  trade: string;
  state: string;
  allowed_w: number;
  technological_armour_w?: number;
  emergency_armour_w?: number;
  points: string[];
  spark_w: (number | null)[];
}

export type Severity = 'alarm' | 'warning' | 'info';

export interface Notice {
  id: string;
  at: string;
  kind: string;
  severity: Severity;
  active: boolean;
  args?: Record<string, unknown>;
  text: string;
}

export interface Scenario {
  id: string;
  active: boolean;
}

export type Freshly = 'fresh' | 'stale' | 'silent';

/** ControlHead is what counts for the whole of control. */
export interface ControlHead {
  at: string;
  freshness: Freshly;
  state: string;
  mode: string;
  /** control is what the mode means: people move loads, or the system does, selected before it is operated. */
  control: 'advise' | 'sbo';
  watching?: boolean;
  armed?: boolean;
  killed?: boolean;
  inhibited?: boolean;
  emergency?: boolean;
  shadow?: boolean;
  term?: number;
  shed_w?: number;
  reserve_w?: number;
  required_w?: number;
  ready?: ControlReady;
}

/** ControlReady is what the balancer would do if the line in service tripped now. */
export interface ControlReady {
  at: string;
  lost: string;
  backup: string[];
  limit_w?: number;
  limit_why?: string;
  load_w: number;
  need_w: number;
  steps: { actuator: string; resident?: string; want: string; drop_w: number; mode: string; persons?: number }[];
  calls: { resident: string; category: number; allowed_w: number; power_w: number; to_w: number; drop_w: number }[];
  missing_w: number;
  doubt?: string;
}

export interface Actuator {
  id: string;
  name: string;
  kind: 'setpoint' | 'relay' | 'breaker';
  resident?: string;
  node?: string;
  node_name?: string;
  mode: string;
  state: string;
  since?: string;
  limit_w?: number;
  want_w?: number;
  power_w?: number;
  shed_w?: number;
  lease_end?: string;
  text?: string;
}

export interface Share {
  resident: string;
  allowed_w: number;
  demand_w: number;
  share_w: number;
  armour_w: number;
  shed_w?: number;
  tier?: string;
  binding?: string;
  binding_name?: string;
  violating?: boolean;
  why?: string;
}

export interface Proposal {
  id: string;
  at: string;
  expires: string;
  actuator: string;
  resident?: string;
  want: string;
  effect_w?: number;
  persons: number;
  why: string;
}

/** Advice is what the balancer would do and does not. */
export interface Advice {
  at: string;
  kind: string;
  actuator: string;
  resident?: string;
  want: string;
  effect_w?: number;
  why: string;
  /** mode is the one that counts, not why it is not done, technical. */
  mode: string;
  not: string;
}

export interface Override {
  id: string;
  kind: string;
  subject?: string;
  value_w?: number;
  by: string[];
  at: string;
  until?: string;
  reason: string;
}

/** Answered is the balancer's answer to an order. */
export interface Answered {
  id: string;
  kind: string;
  by: string[];
  at: string;
  accepted: boolean;
  text?: string;
}

export interface Control extends ControlHead {
  actuators: Actuator[];
  shares: Share[];
  proposals: Proposal[];
  advice: Advice[];
  overrides: Override[];
  orders: Answered[];
}

/** ControlChange is the head, and the actuators and shares that differ. */
export interface ControlChange extends ControlHead {
  actuators?: Actuator[];
  shares?: Share[];
}

/** NetworkState is what flows in the network. MW are positive from HV to LV and from a line's from to its to. */
export interface NetworkState {
  at: string;
  freshness?: Freshly; // of the live one
  names?: Record<string, string>; // of the sources; of the live one
  supposed?: string;
  scenario?: string;
  problem?: string;
  sources: { source: string; available: boolean; feeding: boolean; mw: number; mvar: number; metered_mw: number; contract_mw?: number }[];
  buses: BusState[];
  lines: LineState[];
  transformers: TransformerState[];
  switches: SwitchState[];
  load_mw: number;
  loss_mw: number;
  no_load_mw: number;
  unserved_mw: number;
  violations: Violation[];
  residuals: { point: string; quantity: string; measured: number; model: number; unit: string; sigma: number }[];
  /** assumed is null in an event of the stream that has nothing new of it. */
  assumed: { element: string; field: string; value: string; source: string; date?: string }[];
  inputs: string;
  readiness?: Readiness;
}

export interface BusState {
  node: string;
  live: boolean;
  kv: number;
  deg: number;
  measured_kv?: number;
  load_mw: number;
  load_mvar: number;
  island: number;
  stale?: boolean;
}

export interface LineState {
  id: string;
  live: boolean;
  from_mw: number;
  from_mvar: number;
  to_mw: number;
  a: number;
  rating_a: number;
  loading_pct: number;
  loss_mw: number;
}

export interface TransformerState {
  node: string;
  live: boolean;
  mw: [number, number, number];
  mvar: [number, number, number];
  a: [number, number, number];
  loading_pct: number;
  permit_pct: number;
  position: number;
  loss_mw: number;
}

export interface SwitchState {
  id: string;
  closed: boolean;
  known: boolean;
  why?: string;
}

export interface Violation {
  element: string;
  kind: string;
  value: number;
  limit: number;
  unit: string;
}

/** Readiness is what would happen if the line in service tripped now. */
export interface Readiness {
  light: 'green' | 'amber' | 'red';
  lost: string;
  before: string;
  after: string;
  later: string;
  backup: string[];
  limit_mw: number;
  binds: string;
  next: string;
  load_mw: number;
  tech_mw: number;
  emerg_mw: number;
  shed_mw: number;
  dark: { resident?: string; category: number; mw: number }[];
  minutes: number;
  timeline: { after_s: number; switch: string; close: boolean; why: string }[];
}

export interface Snapshot {
  boot: string;
  seq: number;
  version: string;
  bundle: string;
  site_name: string;
  speed: number;
  stale_after_s: number;
  silent_after_s: number;
  overview: Overview;
  control?: Control;
  network?: NetworkState;
  residents: Resident[];
  notices: Notice[];
  alarms?: AlarmSummary;
  scenarios?: Scenario[];
}

export interface Me {
  name?: string;
  role?: string;
  may_look: boolean;
  must_change?: boolean;
  can_sign_in: boolean;
  sign_in_obstacle?: string;
  orders?: string[];
  until?: string;
  confirmed_until?: string;
}

/** AlarmSummary is what every page shows of alarms; by priority: high, medium, low. */
export interface AlarmSummary {
  version: number;
  unacked?: Record<string, number>;
  active?: Record<string, number>;
  hidden?: number;
  horn_s?: number;
}

export interface Delta {
  seq: number;
  overview: Overview;
  control?: Control;
  acts?: ControlChange;
  network?: NetworkState;
  residents?: ResidentLive[];
  notices?: Notice[];
  alarms?: AlarmSummary;
  scenarios?: Scenario[];
  minutes?: { passed: number; means_w: Record<string, number | null> };
}

export interface Trend {
  from: string;
  to: string;
  step_s: number;
  limit_w?: number;
  t: number[];
  avg_w: (number | null)[];
  min_w: (number | null)[];
  max_w: (number | null)[];
  coverage: number[];
  yesterday_w: (number | null)[];
  ahead?: { t: number[]; mean_w: number[]; low_w: number[]; high_w: number[] };
}
