// [notify.fcm_projects.NAME]: further Firebase projects, from the file and the environment.
#include <gmock/gmock.h>

#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigFcmProjects : public ConfigTest {};

TEST_F(ConfigFcmProjects, ReadsOneBesideTheDefault) {
    const Settings settings = load_text(
        "[notify.fcm]\nproject = 'shop-1'\n"
        "[notify.fcm_projects.shop-eu]\ncredentials_file = '/run/eu.json'\nconnections = 9\n");
    EXPECT_EQ(settings.notify.fcm.project, "shop-1");
    const Fcm& eu = settings.notify.fcm_projects.at("shop-eu");
    EXPECT_EQ(eu.credentials_file, "/run/eu.json");
    EXPECT_EQ(eu.connections, 9);
    EXPECT_EQ(eu.endpoint, "https://fcm.googleapis.com");
    EXPECT_THAT(render(settings), HasSubstr("[notify.fcm_projects.shop-eu]\nclient = \"http2\"  # "
                                            "default\nproject = \"\"  # default\n"));
}

TEST_F(ConfigFcmProjects, TakesOneFromTheEnvironmentAlone) {
    const Settings settings =
        load_text("", {{"BARID_NOTIFY_FCM_PROJECTS_EU_CREDENTIALS", "metadata"},
                       {"BARID_NOTIFY_FCM_PROJECTS_EU_PROJECT", "shop-eu"},
                       {"BARID_NOTIFY_FCM_PROJECTS_US_CREDENTIALS_FILE", "/run/us.json"}});
    EXPECT_EQ(settings.notify.fcm_projects.at("eu").credentials, FcmCredentials::metadata);
    EXPECT_EQ(settings.notify.fcm_projects.at("us").credentials_file, "/run/us.json");
}

TEST_F(ConfigFcmProjects, NamesWhatIsMissing) {
    EXPECT_THAT(problems("[notify.fcm_projects.eu]\nconnections = 2\n"),
                ElementsAre("settings: notify.fcm_projects.eu.credentials_file: is required when "
                            "notify.fcm_projects.eu is there"));
    EXPECT_THAT(problems("[notify.fcm_projects.eu]\ncredentials = 'metadata'\n"),
                ElementsAre(HasSubstr("notify.fcm_projects.eu.project: is required when "
                                      "notify.fcm_projects.eu.credentials = \"metadata\"")));
}

TEST_F(ConfigFcmProjects, RefusesANameThatIsTaken) {
    EXPECT_THAT(problems("[notify.fcm_projects.default]\ncredentials_file = '/x'\n"),
                ElementsAre(HasSubstr("a project's name must be")));
    EXPECT_THAT(problems("[notify.fcm_projects.EU]\ncredentials_file = '/x'\n"),
                ElementsAre(HasSubstr("a project's name must be")));
}

TEST_F(ConfigFcmProjects, MessagesGoOverHttp2WhichNeedsTls) {
    EXPECT_THAT(problems("[notify.fcm]\nendpoint = 'http://fcm.example'\n"),
                ElementsAre(HasSubstr("must be an https URL")));
}

TEST_F(ConfigFcmProjects, TheMetadataServerNeedsTheProjectOfTheMessages) {
    EXPECT_THAT(problems("[notify]\nchannel = 'fcm'\n[notify.fcm]\ncredentials = 'metadata'\n"),
                ElementsAre(HasSubstr("notify.fcm.project: is required when notify.fcm.credentials "
                                      "= \"metadata\"")));
}

}  // namespace
}  // namespace barid::config
