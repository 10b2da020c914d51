// What the server says about technical conditions: see dashboards/dispatcher/capacity.go
// and /api/openapi.json. A field that is not known is absent. Powers are watts.

export type ClassName = 'INSUFFICIENT' | 'GRACE' | 'EXCEEDING' | 'IDLE' | 'UNDERUSED' | 'OVERRESERVED' | 'NORMAL';

export interface ConditionRow {
  resident: string;
  name: string;
  node: string;
  node_name: string;
  tu_w: number;
  need_w?: number;
  utilisation?: number;
  class: ClassName;
  reason: string;
  retain_w?: number;
  reclaim_w?: number;
  coverage: number;
  max_w: number;
  evidence_sha256: string;
  enough_from?: string;
  case?: string;
  notes?: string[];
}

export interface ConditionSum {
  class?: ClassName;
  node?: string;
  name?: string;
  depth?: number;
  conditions: number;
  tu_w: number;
  need_w: number;
  reclaim_w: number;
  not_judged_w: number;
}

export interface ConditionsView {
  from: string;
  to: string;
  block_minutes: number;
  rules: string;
  residents: ConditionRow[];
  total: ConditionSum;
  by_class: ConditionSum[];
  by_node: ConditionSum[];
  notes: string[];
}

export interface UseView extends ConditionRow {
  curve_w: number[];
  days: { day: string; w?: number }[];
  months: { month: string; coverage: number; max_w: number; energy_wh: number }[];
  arithmetic: { name: string; w: number; rule: string; how: string }[];
  figures: { name: string; value: number }[];
  imputed: number;
  curtailed: number;
  outage: number;
  missing: number;
}

export type Stage = 'FINDING' | 'NOTICE' | 'WARNING' | 'SANCTION' | 'RETURN' | 'RETURNED' | 'CLOSED';

export interface Milestone {
  what: string;
  due?: string;
  status: 'open' | 'met' | 'missed';
}

export interface CaseEvent {
  at: string;
  kind: string;
  by: string;
  approver?: string;
  document: string;
  legal_basis?: string;
  volume_w?: number;
}

export interface CaseView {
  id: string;
  resident: string;
  name: string;
  node: string;
  node_name: string;
  stage: Stage;
  since: string;
  deadline?: string;
  paused?: string[];
  volume_w: number;
  allowed_w: number;
  voluntary?: boolean;
  plan?: Milestone[];
  possible: string[];
  two_signed: string[];
  lacks?: string[];
  balancer_w?: number;
  why?: string;
  events?: CaseEvent[];
  evidence_sha256?: string;
  papers?: string[];
}

export interface PoolSums {
  supply_w: number;
  free_w: number;
  firm_w: number;
  non_firm_w: number;
  reserved_w: number;
  held_w: number;
  demoted_w: number;
  loss_w: number;
}

export interface PoolNode extends PoolSums {
  node: string;
  name: string;
  depth: number;
  ceiling_w?: number;
  committed_w: number;
  usable_w: number;
  binds_at?: string;
  excess_w?: number;
}

export interface PoolApplication {
  id: string;
  name: string;
  node: string;
  power_w: number;
  status: 'waiting' | 'reserved' | 'expired' | 'allotted' | 'refused';
  at: string;
  until?: string;
  score: number;
  score_why: string[];
}

export interface PoolPosting {
  seq: number;
  recorded: string;
  author: string;
  approver: string;
  document: string;
  legal_basis: string;
  entries: string[];
}

export interface PoolView {
  at: string;
  nodes: PoolNode[];
  applications: PoolApplication[];
  postings: PoolPosting[];
  total: PoolSums;
}

export interface Binding {
  node: string;
  name: string;
  rule: 'ratio' | 'armour' | 'risk' | 'tail';
  why: string;
}

export interface Quarter {
  from: string;
  firm_w: number;
  unlimited?: boolean;
}

export interface HostingView {
  node: string;
  power_w: number;
  profile: string;
  annual_wh?: number;
  flexible?: number;
  as_of?: string;
  verdict: 'firm' | 'firm-flexible' | 'non-firm' | 'later' | 'no';
  firm_now_w: number;
  unlimited?: boolean;
  binding?: Binding;
  non_firm_up_to_w?: number;
  curtailed?: { hours: number; energy_wh: number; energy_p95_wh: number; share: number; worst_month?: number; allowed: boolean };
  firm_from: { scenario: string; from?: string; quarters: Quarter[] }[];
  risks: { node: string; name: string; limit_w: number; firm_w: number; ratio: number; year_before: number; year_with: number; hours_with: number; energy_with_wh: number }[];
  unlock: (Binding & { limit_w?: number; candidates: { resident: string; name: string; node: string; power_w: number }[]; enough: boolean })[];
  pool_usable_w: number;
  scheme?: boolean;
  valid_until: string;
  sufficient: boolean;
  digest: string;
  notes: string[];
}

export interface DraftView {
  id: string;
  kind: string;
  case?: string;
  step?: string;
  author: string;
  at: string;
  document: string;
  legal_basis?: string;
  fault?: string;
  action: Action;
}

export interface DoneView {
  draft?: string;
  case?: string;
  application?: string;
  seq: number;
}

export interface RegisterEntry {
  condition: string;
  resident: string;
  name: string;
  node: string;
  medium: string;
  firm_w: number;
  non_firm_w?: number;
  flow_l?: number;
  flow_per?: 'hour' | 'day';
  voltage_kv?: number;
  category?: number;
  from: string;
  to?: string;
  legal_basis?: string;
  document: string;
  author?: string;
  approver?: string;
  stages?: { power_w: number; due: string; milestones: number; document: string }[];
}

export interface RegisterView {
  at: string;
  entries: RegisterEntry[];
  history: RegisterEntry[];
}

/** Action is what a person wants: balancing/reclaim/office says what it means. Only what its kind needs is set. */
export interface Action {
  kind: string;
  document: string;
  legal_basis?: string;
  why?: string;
  case?: string;
  event?: StepEvent;
  /** evidence is the SHA-256 of the finding that a case is opened on. */
  evidence?: string;
  node?: string;
  resident?: string;
  application?: string;
  newcomer?: Newcomer;
  terms?: { node: string; firm_w: number; voltage_kv?: number; category?: number };
  from?: string;
  until?: string;
}

export interface StepEvent {
  kind: string;
  volume_w?: number;
  plan?: { term: { days: number }; milestones: { what: string; days: number }[] };
  milestone?: number;
  measures?: string[];
  remains_w?: number;
  cause?: string;
  outcome?: string;
  months?: number;
}

export interface Newcomer {
  name: string;
  resident?: string;
  node: string;
  power_w: number;
  profile: string;
  flexible: number;
  jobs?: number;
  investment_mln?: number;
  ready_milestones?: number;
  answer?: string;
}
