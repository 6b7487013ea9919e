# The statements that the policy of the key needs in addition to its administration. They do not name the key, so one
# configuration can create both the key and the module.

locals {
  # The services that encrypt with the key, by the Sid of the statement that allows them.
  kms_key_services = merge(
    var.create_alarms && var.create_notifications && var.create_notification_topic ? { EncryptAlarmNotifications = "cloudwatch.amazonaws.com" } : {},
    var.create_dead_letter_queue ? { EncryptDeadLetters = "events.amazonaws.com" } : {},
  )
  kms_key_policy_statements = concat(
    [
      {
        Sid       = "EncryptLogs"
        Effect    = "Allow"
        Principal = { Service = "logs.${local.region}.${local.dns_suffix}" }
        Action    = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
        Resource  = ["*"]
        Condition = {
          ArnLike = {
            "kms:EncryptionContext:aws:logs:arn" = [
              for log_group in concat(values(local.function_log_groups), [local.state_machine_log_group, local.index_machine_log_group]) :
              "${local.log_group_arn_prefix}:${log_group}"
            ]
          }
        }
      },
    ],
    [
      for sid, service in local.kms_key_services : {
        Sid       = sid
        Effect    = "Allow"
        Principal = { Service = service }
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = ["*"]
        Condition = { StringEquals = { "aws:SourceAccount" = local.account_id } }
      }
    ],
  )
}
