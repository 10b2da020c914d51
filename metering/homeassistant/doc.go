// Package homeassistant describes zone, residents and metering points for Home Assistant,
// which finds them by MQTT discovery: one retained message for each sensor.
//
// It must not know how messages travel. The values themselves are the plain JSON of
// metering/wire, which Home Assistant reads by a template:
//
//	homeassistant/sensor/asue_aktobe/F-1_energy/config   {"state_topic":"asue/v1/aktobe/live/F-1", …}
//
// Keys and their meaning are those of Home Assistant's documentation of MQTT discovery
// and of its MQTT sensor.
package homeassistant
