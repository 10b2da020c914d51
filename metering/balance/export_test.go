package balance

// LimitAt opens limitAt to the vectors.
var LimitAt = limitAt
