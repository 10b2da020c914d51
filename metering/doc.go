// Package metering holds the words of energy metering and load management that
// every other package of asue speaks, and the contracts of its two stores.
//
// It stands on the ground: it imports the standard library only and knows
// nothing of SQL, wire formats, Modbus, MQTT, files, goroutines or the wall
// clock. Time comes in as an argument, and leaves in what it was asked about.
//
// # Conventions
//
//   - Sign: positive is power or energy drawn from the grid (import, A+).
//   - Clock: UTC with millisecond resolution in storage and on the wire; people
//     see the site's own zone (Site.Location).
//   - An interval is named by its start and covers [start, start+length).
//   - What is not known is absent, or carries its Quality and the reason. It is
//     never 0, never NaN and never repaired in silence.
//   - A limit of 0 kW is zero; "unlimited" and "not stated" are words of their
//     own (see Limit).
//
// # Point, Meter, Install
//
// A Point is a place on the network whose energy is accounted for; bills speak
// of points. A Meter is a device with a serial number. An Install says which
// meter stood at which point from when to when and through which CT and VT, so
// that a point's energy goes on across a change of meter.
//
// # Terms
//
//	English                 Russian                         Kazakh
//	power                   мощность                        қуат
//	energy                  энергия                         энергия
//	metering point          точка учёта                     есепке алу нүктесі
//	meter                   прибор учёта, счётчик           есептегіш
//	reading                 показание                       көрсеткіш
//	interval                интервал                        интервал
//	resident                резидент                        резидент
//	technical condition     технические условия (ТУ)        техникалық шарттар (ТШ)
//	technological armour    технологическая броня           технологиялық бронь
//	emergency armour        аварийная броня                 авариялық бронь
//	feeder                  фидер, присоединение            фидер
//	section                 секция шин                      шина секциясы
package metering
