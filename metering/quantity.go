package metering

import "fmt"

// Quantity says what a reading measures, always for all three phases together
// unless a phase is named. Its number is its identity on the wire and in the
// ledger: numbers are only ever added, never reused.
type Quantity uint8

// The measured quantities. Base units stand behind; see Quantity.Unit.
const (
	ActivePower   Quantity = 1 // W, positive is import
	ReactivePower Quantity = 2 // var, positive is inductive import
	ApparentPower Quantity = 3 // VA
	PowerFactor   Quantity = 4 // 1, -1..1
	Frequency     Quantity = 5 // Hz

	VoltageA  Quantity = 10 // V, phase to neutral
	VoltageB  Quantity = 11
	VoltageC  Quantity = 12
	VoltageLN Quantity = 13 // V, mean of the phases
	VoltageAB Quantity = 14 // V, phase to phase
	VoltageBC Quantity = 15
	VoltageCA Quantity = 16
	VoltageLL Quantity = 17 // V, mean of the lines

	CurrentA Quantity = 20 // A
	CurrentB Quantity = 21
	CurrentC Quantity = 22
	CurrentN Quantity = 23
	Current  Quantity = 24 // A, mean of the phases

	ActivePowerA   Quantity = 30 // W
	ActivePowerB   Quantity = 31
	ActivePowerC   Quantity = 32
	ReactivePowerA Quantity = 33 // var
	ReactivePowerB Quantity = 34
	ReactivePowerC Quantity = 35
	ApparentPowerA Quantity = 36 // VA
	ApparentPowerB Quantity = 37
	ApparentPowerC Quantity = 38
	PowerFactorA   Quantity = 39 // 1
	PowerFactorB   Quantity = 40
	PowerFactorC   Quantity = 41

	THDVoltageA Quantity = 50 // %
	THDVoltageB Quantity = 51
	THDVoltageC Quantity = 52
	THDCurrentA Quantity = 53 // %
	THDCurrentB Quantity = 54
	THDCurrentC Quantity = 55

	ActiveImport   Quantity = 60 // Wh, cumulative register A+ (OBIS 1.8.0)
	ActiveExport   Quantity = 61 // Wh, A- (OBIS 2.8.0)
	ReactiveImport Quantity = 62 // varh, R+ (OBIS 3.8.0)
	ReactiveExport Quantity = 63 // varh, R- (OBIS 4.8.0)
	ApparentImport Quantity = 64 // VAh (OBIS 9.8.0)

	GasVolume           Quantity = 70 // L, cumulative register of a gas meter
	DrinkingWaterVolume Quantity = 71 // L, of water meters
	ProcessWaterVolume  Quantity = 72 // L
	SewageVolume        Quantity = 73 // L
)

type quantityFacts struct {
	code    string // the name in register maps and in JSON
	unit    string
	field   string // the field name in the series store
	obis    string // IEC 62056-61 C.D.E where one applies
	counter bool
}

var quantities = map[Quantity]quantityFacts{
	ActivePower:    {"p", "W", "p_w", "1.7.0", false},
	ReactivePower:  {"q", "var", "q_var", "3.7.0", false},
	ApparentPower:  {"s", "VA", "s_va", "9.7.0", false},
	PowerFactor:    {"pf", "1", "pf", "13.7.0", false},
	Frequency:      {"f", "Hz", "f_hz", "14.7.0", false},
	VoltageA:       {"u_a", "V", "u_a_v", "32.7.0", false},
	VoltageB:       {"u_b", "V", "u_b_v", "52.7.0", false},
	VoltageC:       {"u_c", "V", "u_c_v", "72.7.0", false},
	VoltageLN:      {"u_ln_avg", "V", "u_ln_v", "", false},
	VoltageAB:      {"u_ab", "V", "u_ab_v", "", false},
	VoltageBC:      {"u_bc", "V", "u_bc_v", "", false},
	VoltageCA:      {"u_ca", "V", "u_ca_v", "", false},
	VoltageLL:      {"u_ll_avg", "V", "u_ll_v", "12.7.0", false},
	CurrentA:       {"i_a", "A", "i_a_a", "31.7.0", false},
	CurrentB:       {"i_b", "A", "i_b_a", "51.7.0", false},
	CurrentC:       {"i_c", "A", "i_c_a", "71.7.0", false},
	CurrentN:       {"i_n", "A", "i_n_a", "91.7.0", false},
	Current:        {"i_avg", "A", "i_a", "11.7.0", false},
	ActivePowerA:   {"p_a", "W", "p_a_w", "21.7.0", false},
	ActivePowerB:   {"p_b", "W", "p_b_w", "41.7.0", false},
	ActivePowerC:   {"p_c", "W", "p_c_w", "61.7.0", false},
	ReactivePowerA: {"q_a", "var", "q_a_var", "23.7.0", false},
	ReactivePowerB: {"q_b", "var", "q_b_var", "43.7.0", false},
	ReactivePowerC: {"q_c", "var", "q_c_var", "63.7.0", false},
	ApparentPowerA: {"s_a", "VA", "s_a_va", "29.7.0", false},
	ApparentPowerB: {"s_b", "VA", "s_b_va", "49.7.0", false},
	ApparentPowerC: {"s_c", "VA", "s_c_va", "69.7.0", false},
	PowerFactorA:   {"pf_a", "1", "pf_a", "33.7.0", false},
	PowerFactorB:   {"pf_b", "1", "pf_b", "53.7.0", false},
	PowerFactorC:   {"pf_c", "1", "pf_c", "73.7.0", false},
	THDVoltageA:    {"thd_u_a", "%", "thd_u_a_pct", "", false},
	THDVoltageB:    {"thd_u_b", "%", "thd_u_b_pct", "", false},
	THDVoltageC:    {"thd_u_c", "%", "thd_u_c_pct", "", false},
	THDCurrentA:    {"thd_i_a", "%", "thd_i_a_pct", "", false},
	THDCurrentB:    {"thd_i_b", "%", "thd_i_b_pct", "", false},
	THDCurrentC:    {"thd_i_c", "%", "thd_i_c_pct", "", false},
	ActiveImport:   {"ea_imp", "Wh", "e_imp_wh", "1.8.0", true},
	ActiveExport:   {"ea_exp", "Wh", "e_exp_wh", "2.8.0", true},
	ReactiveImport: {"er_imp", "varh", "er_imp_varh", "3.8.0", true},
	ReactiveExport: {"er_exp", "varh", "er_exp_varh", "4.8.0", true},
	ApparentImport: {"es_imp", "VAh", "es_imp_vah", "9.8.0", true},

	GasVolume:           {"v_gas", "L", "v_gas_l", "", true},
	DrinkingWaterVolume: {"v_water", "L", "v_water_l", "", true},
	ProcessWaterVolume:  {"v_process", "L", "v_process_l", "", true},
	SewageVolume:        {"v_sewage", "L", "v_sewage_l", "", true},
}

var quantityByCode = func() map[string]Quantity {
	m := make(map[string]Quantity, len(quantities))
	for q, f := range quantities {
		m[f.code] = q
	}
	return m
}()

// QuantityOf finds a quantity by the code that register maps and JSON use for
// it: "p", "u_ab", "ea_imp". The second result is false for an unknown code.
func QuantityOf(code string) (Quantity, bool) {
	q, ok := quantityByCode[code]
	return q, ok
}

// Quantities lists every known quantity in ascending number.
func Quantities() []Quantity {
	all := make([]Quantity, 0, len(quantities))
	for n := 0; n < 256; n++ {
		if _, ok := quantities[Quantity(n)]; ok {
			all = append(all, Quantity(n))
		}
	}
	return all
}

// Known reports whether this program version knows the quantity. A newer
// collector may send others; they are kept raw and not interpreted.
func (q Quantity) Known() bool { _, ok := quantities[q]; return ok }

// String is the code of the quantity ("ea_imp"), or "quantity(200)".
func (q Quantity) String() string {
	if f, ok := quantities[q]; ok {
		return f.code
	}
	return fmt.Sprintf("quantity(%d)", uint8(q))
}

// Unit is the base unit of a reading's Value: W, var, VA, V, A, Hz, Wh, varh,
// VAh, L, % or 1; empty for an unknown quantity.
func (q Quantity) Unit() string { return quantities[q].unit }

// Field is the name of the quantity's field in the series store ("p_w"), which
// gives the metric asue_p_w; empty for an unknown quantity.
func (q Quantity) Field() string { return quantities[q].field }

// OBIS is the C.D.E part of the quantity's OBIS code (IEC 62056-61), or empty
// where the standard has none for it.
func (q Quantity) OBIS() string { return quantities[q].obis }

// Counter reports whether the quantity is a cumulative register, whose readings
// carry a raw Count.
func (q Quantity) Counter() bool { return quantities[q].counter }
