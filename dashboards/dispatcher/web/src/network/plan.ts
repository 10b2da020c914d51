// The plan of the network: what the diagram is drawn from and where names are taken
// from. It stands still while the program runs, and is asked for once.
import { effect, signal } from '@preact/signals';
import { network } from '../store';

export interface Bus {
  node: string;
  name: string;
  kind: string;
  kv: number;
}

export interface Feeder {
  node: string;
  name: string;
  kind: string;
  bus: string;
  residents: string[];
  points: string[];
}

export interface Switch {
  id: string;
  name: string;
  kind: string;
  a: string;
  b: string;
  closed: boolean;
}

export interface Line {
  id: string;
  name: string;
  from: string;
  to: string;
  kv: number;
  length_km: number;
  conductor?: string;
  towers?: string;
}

export interface Transformer {
  node: string;
  name: string;
  buses: [string, string, string];
  kv: [number, number, number];
  mva: [number, number, number];
  step_pct: number;
  tap_min: number;
  tap_max: number;
}

export interface Feed {
  source: string;
  name: string;
  bus: string;
  available: boolean;
  note?: string;
  contract_mw?: number;
  angle_known: boolean;
}

export interface Plan {
  buses: Bus[];
  lines: Line[];
  transformers: Transformer[];
  switches: Switch[];
  feeders: Feeder[];
  sources: Feed[];
  transfers: { id: string; name: string }[];
  scenarios: { id: string; name: string; sources: string[]; parallel?: boolean; note?: string }[];
  voltages: { kv: number; min_kv: number; max_kv: number }[];
  provenance: { element: string; fields: string[]; basis: string; source?: string; date?: string }[];
}

export const plan = signal<Plan | null>(null);
export const planFailure = signal('');

let asked = false;

/** askPlan asks for the plan unless it is there; one failure is followed by another try with the next state. */
async function askPlan(): Promise<void> {
  if (asked) return;
  asked = true;
  try {
    const answer = await fetch('/api/v1/network/diagram');
    const said = await answer.json();
    if (!answer.ok) throw new Error(said.detail ?? String(answer.status));
    plan.value = said;
    planFailure.value = '';
  } catch (e) {
    asked = false;
    planFailure.value = String(e);
  }
}

effect(() => {
  if (network.value) void askPlan();
});
