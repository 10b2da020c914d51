// The JSON of the books: see /api/openapi.json. A field that is not known is absent.

export type Grade = 'A' | 'F' | 'S' | 'E' | 'N' | 'V';
export type Unit = 'Wh' | 'varh' | 'L';

export interface Point {
  id: string;
  name: string;
  role: string;
  resident?: string;
  node: string;
  medium: string;
  channels: string[];
  virtual?: boolean;
}

export interface Part {
  grade: Grade;
  count: number;
  energy: number;
  share: number;
}

export interface Entry {
  start: string;
  end: string;
  energy_wh?: number;
  energy_varh?: number;
  volume_l?: number;
  known_part?: number;
  mean_w?: number;
  mean_var?: number;
  mean_l_per_h?: number;
  uncertainty: number;
  known: number;
  expected: number;
  grade: Grade;
  worst: Grade;
  parts?: Part[];
  missing?: number;
  flags?: string[];
  method?: string;
  version?: number;
  recorded_at?: string;
  reason?: string;
}

export interface IntervalList {
  point?: string;
  resident?: string;
  points: string[];
  channel: string;
  unit: Unit;
  step: string;
  from: string;
  to: string;
  declared?: { from: string; power_w: number }[];
  intervals: Entry[];
  next?: string;
}

export interface Version extends Entry {
  authority: 'registers' | 'rules' | 'person';
  act?: { id: string; author: string; reason: string; document?: string; at: string };
}

export interface Completeness {
  days: { date: string; start: string; end: string }[];
  points: CompletenessRow[];
}

export interface CompletenessRow {
  point: string;
  name: string;
  role: string;
  medium: string;
  resident?: string;
  channel: string;
  days: { n: number[]; share?: number[] }[];
  missed: number;
  stood_in: number;
}

export interface Figure {
  name: string;
  value: number;
  unit: string;
}

export interface Finding {
  rule: string;
  severity: string;
  point?: string;
  node?: string;
  name: string;
  resident?: string;
  channel?: string;
  from: string;
  to: string;
  numbers: Figure[];
  text: string;
  rule_set: string;
  found_at: string;
  cleared_at?: string;
}

export interface NodeBalance {
  node: string;
  name: string;
  kind: string;
  start: string;
  end: string;
  in_wh?: number;
  out_wh?: number;
  loss_wh?: number;
  own_needs_wh?: number;
  imbalance_wh?: number;
  model_loss_wh?: number;
  unexplained_wh?: number;
  model_covered?: number;
  imbalance_pct?: number;
  permitted_pct?: number;
  beyond?: boolean;
  alarming?: boolean;
  complete: boolean;
  known: number;
  expected: number;
  reason?: string;
  stood_in_share: number;
  missing?: string[];
  remarks?: string[];
  culprits?: { point: string; name: string; score: number; reason: string; numbers?: Figure[] }[];
}

export interface Peak {
  power_w: number;
  start: string;
  end: string;
}

export interface Demand {
  from: string;
  to: string;
  energy_wh?: number;
  known_wh: number;
  missing: number;
  stood_in: number;
  declared_w?: number;
  maxima: { minutes: number; block?: Peak; sliding?: Peak; unbilled?: Peak }[];
  coincident?: Peak;
  load_factor?: number;
  use_hours?: number;
  tan_phi?: number;
  cos_phi?: number;
  zones?: { zone: string; energy_wh: number; share: number }[];
  remarks?: string[];
}

export interface MediumUse {
  start: string;
  end: string;
  volume_l: number;
  known: boolean;
  worst: Grade;
}

export interface Medium {
  medium: string;
  limits: { limit_l: number; per_s: number; last: MediumUse; running: MediumUse; share?: number; highest?: { start: string; volume_l: number } }[];
  basis: string[];
  points: { point: string; name: string; role: string; resident?: string; hour?: MediumUse; day?: MediumUse }[];
}

export interface Quarter {
  power_w: number;
  start: string;
  grade: Grade;
}

/** Figures is what the books have of a resident's month. */
export interface Figures {
  id: string;
  last?: Quarter;
  highest?: Quarter;
  stood_in?: Quarter;
  known: number;
  expected: number;
  stood_in_count: number;
}

export interface Settlement {
  id: string;
  from: string;
  to: string;
}
