from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("capture", "0004_rejected")]

    operations = [
        migrations.RenameField("rerun", "replayed", "done"),
        migrations.AddField(
            "rerun",
            "what",
            models.CharField(
                choices=[("replay", "Replay"), ("dismiss", "Dismiss")],
                default="replay",
                max_length=10,
            ),
            preserve_default=False,
        ),
    ]
