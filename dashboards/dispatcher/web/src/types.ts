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
  residents: Resident[];
  notices: Notice[];
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

export interface Delta {
  seq: number;
  overview: Overview;
  residents?: ResidentLive[];
  notices?: Notice[];
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
