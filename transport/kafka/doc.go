// Package kafka is the log as topics of Apache Kafka, shared by processes in roles, where one machine is not enough.
// Owns: franz-go, how a client of ours is set up, the topics and the partition of a race; which entries of a partition count (Fold), who
// writes one and what it sends again (Owner); what is published for other people's programs, and what they report.
// Imported by cmd. Imports race and transport.
// Never: the meaning of a record; race/timing decides what it does to a race.
package kafka
