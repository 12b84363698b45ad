// Package kafkatest lends a real Kafka to tests: the one that KAFKA_BROKERS names, or one of the test's own, which the tool that
// LIGHTSOUT_KAFKAD names starts. Where there is neither, the test is skipped and says so.
//
// Imported by tests only.
package kafkatest
